internal import Platform

/// Works out an entry's limits from the entry, the portal's defaults and the deprecated fields, and clamps them
/// (spec/portal-lifecycle.md, section 5, "Per-workshop normalisation").
struct WorkshopLimits {
    /// What was asked for, before clamping.
    let asked: EnvironmentLimits
    /// Whether `reserved`, `initial` and `deadline` were given at all.
    let givesReserved: Bool
    let givesInitial: Bool
    let givesDeadline: Bool

    init(_ entry: FieldView, in portal: FieldView) {
        let defaults = portal["workshop"]["defaults"]
        func count(_ name: String) -> Int? {
            entry.integer(name) ?? defaults.integer(name) ?? portal.integer(name)
        }
        func seconds(_ name: String) -> Int? { entry.seconds(name) ?? defaults.seconds(name) }
        let reserved = count("reserved")
        let initial = count("initial")
        let deadline = seconds("deadline")
        let expires = seconds("expires") ?? portal.seconds("expires") ?? 0
        asked = EnvironmentLimits(
            capacity: count("capacity") ?? portal["sessions"].integer("maximum") ?? 0,
            initial: initial ?? reserved ?? 1,
            reserved: reserved ?? 1,
            expires: expires,
            overtime: seconds("overtime") ?? 0,
            deadline: deadline ?? 0,
            orphaned: seconds("orphaned") ?? portal.seconds("orphaned") ?? 0,
            overdue: seconds("overdue") ?? 0,
            refresh: seconds("refresh") ?? 0)
        givesReserved = reserved != nil
        givesInitial = initial != nil
        givesDeadline = (deadline ?? 0) > 0
    }

    var clamped: EnvironmentLimits {
        var limits = asked
        limits.capacity = max(0, limits.capacity)
        limits.reserved = min(max(0, limits.reserved), limits.capacity)
        limits.initial = min(max(0, limits.initial), limits.capacity)
        if limits.initial > 0 { limits.initial = max(limits.initial, limits.reserved) }
        limits.deadline = max(limits.deadline, limits.expires)
        return limits
    }
}
