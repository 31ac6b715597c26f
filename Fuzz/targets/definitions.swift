// modules: Platform Portal
import Portal

/// Any bytes as a definition file: no finding breaks its line, and what is accepted keeps the rules.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzDefinitions(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let load = DefinitionLoader.load(
        text: Array(UnsafeBufferPointer(start: start, count: count)), file: "definition", requiresPortal: false)
    for finding in load.findings {
        precondition(finding.text.unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 })
        precondition(finding.json.unicodeScalars.allSatisfy { $0.value >= 32 })
    }
    precondition(CheckReport(load).exitCode == (load.hasErrors ? 1 : 0))
    guard let portal = load.portal else { return 0 }
    for workshop in portal.workshops {
        let limits = workshop.limits
        precondition(limits.reserved >= 0 && limits.reserved <= limits.capacity)
        precondition(limits.initial == 0 || limits.initial >= limits.reserved)
        precondition(limits.initial >= 0 && limits.initial <= limits.capacity)
        precondition(limits.deadline >= limits.expires && limits.expires >= 0)
        if !load.hasErrors { precondition(load.workshops[workshop.name] != nil) }
    }
    if !load.hasErrors {
        precondition(Set(portal.workshops.map(\.publishedName)).count == portal.workshops.count)
        precondition(portal.name.utf8.count <= 50 && portal.maximumSessions >= 0)
    }
    return 0
}
