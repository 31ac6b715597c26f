internal import CMicroHTTPD
internal import HTTP

// The functions that libmicrohttpd calls, with nothing in them but the way into `ServerCore`. Its context argument is the
// core, which outlives the library's threads.

let beginRequest: lectern_mhd_uri_callback = { context, target, _ in
    guard let context, let target else { return nil }
    Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue().began()
    return Unmanaged.passRetained(Exchange(target: target)).toOpaque()
}

let accessRequest: MHD_AccessHandlerCallback = {
    context, connection, _, method, version, upload, size, requestContext in
    guard let context, let connection, let method, let version, let size, let pointer = requestContext?.pointee else {
        return lectern_mhd_result(0)
    }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue()
    let goesOn = core.access(exchange, connection, method: method, version: version, upload: upload, size: size)
    return lectern_mhd_result(goesOn ? 1 : 0)
}

let completeRequest: MHD_RequestCompletedCallback = { context, _, requestContext, _ in
    guard let context, let pointer = requestContext?.pointee else { return }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    core.completed(Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue())
    requestContext?.pointee = nil
}

let changeConnections: MHD_NotifyConnectionCallback = { context, _, _, code in
    guard let context else { return }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    if lectern_mhd_is_start(code) != 0 { core.connections?.opened() } else { core.connections?.closed() }
}

let upgradeConnection: MHD_UpgradeHandler = {
    context, _, requestContext, extra, extraSize, descriptor, handle in
    guard let handle else { return }
    guard let context, let requestContext else { return lectern_mhd_close_upgraded(handle) }
    let core = Unmanaged<ServerCore>.fromOpaque(context).takeUnretainedValue()
    let exchange = Unmanaged<Exchange>.fromOpaque(requestContext).takeUnretainedValue()
    let received = Array(UnsafeRawBufferPointer(start: extra, count: extra == nil ? 0 : extraSize))
    core.upgraded(exchange, descriptor: descriptor, handle: handle, received: received)
}

let readStream: MHD_ContentReaderCallback = { context, _, buffer, size in
    guard let context, let buffer else { return -2 }
    let stream = Unmanaged<ResponseStream>.fromOpaque(context).takeUnretainedValue()
    return stream.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: size))
}

let freeStream: MHD_ContentReaderFreeCallback = { context in
    guard let context else { return }
    Unmanaged<ResponseStream>.fromOpaque(context).takeRetainedValue().over()
}

func collectHeaders(of connection: OpaquePointer, into headers: inout HTTPHeaders) {
    headers.reserve(fields: 16, bytes: 640)
    withUnsafeMutablePointer(to: &headers) { lectern_mhd_headers(connection, collectHeader, $0) }
}

private let collectHeader: MHD_KeyValueIteratorN = { context, _, name, nameSize, value, valueSize in
    guard let headers = context?.assumingMemoryBound(to: HTTPHeaders.self), let name else {
        return lectern_mhd_result(1)
    }
    name.withMemoryRebound(to: UInt8.self, capacity: nameSize) { name in
        let name = UnsafeBufferPointer(start: name, count: nameSize)
        guard let value else { return headers.pointee.add(name, UnsafeBufferPointer(start: nil, count: 0)) }
        value.withMemoryRebound(to: UInt8.self, capacity: valueSize) { value in
            headers.pointee.add(name, UnsafeBufferPointer(start: value, count: valueSize))
        }
    }
    return lectern_mhd_result(1)
}
