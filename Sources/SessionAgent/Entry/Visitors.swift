internal import HTTP
internal import Platform
internal import Synchronization

/// Somebody who may use this session: its owner, or staff.
struct Visitor: Sendable, Equatable {
    /// Random; the cookie carries it, the access token is kept under it.
    let id: String
    let user: String
    let isStaff: Bool
}

/// What the portal told about a visitor and the cookie does not carry. Lost when the agent restarts; the visitor then
/// passes the portal once more without noticing.
struct VisitorGrant: Sendable {
    let owner: String
    let accessToken: String
    /// Where the browser goes when the session has ended.
    let returnURL: String
}

/// Grants by visitor; the oldest makes room when there are too many.
final class VisitorGrants: Sendable {
    private struct State {
        var grants: [String: VisitorGrant] = [:]
        var order: [String] = []
    }
    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int = 256) { self.limit = limit }

    subscript(id: String) -> VisitorGrant? { state.withLock { $0.grants[id] } }

    func add(_ grant: VisitorGrant, for id: String) {
        state.withLock { state in
            if state.order.count >= limit { state.grants[state.order.removeFirst()] = nil }
            state.grants[id] = grant
            state.order.append(id)
        }
    }

    func remove(_ id: String) {
        state.withLock { state in
            state.grants[id] = nil
            state.order.removeAll { $0 == id }
        }
    }
}
