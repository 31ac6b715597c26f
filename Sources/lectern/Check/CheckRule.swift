internal import Portal

/// What `lectern check` looks for. The raw value is the rule's name in reports, which stays as it is.
enum CheckRule: String, CaseIterable, Sendable {
    case definition
    case frontMatter = "front-matter"
    case pageOrder = "page-order"
    case unreachablePage = "unreachable-page"
    case emptyPage = "empty-page"
    case duplicatePage = "duplicate-page"
    case configuration
    case deadLink = "dead-link"
    case deadAnchor = "dead-anchor"
    case externalLink = "external-link"
    case missingFile = "missing-file"
    case missingText = "missing-alternative-text"
    case foreignImage = "foreign-image"
    case rawHTML = "raw-html"
    case unknownVariable = "unknown-variable"
    case shortcode
    case unknownAction = "unknown-action"
    case actionFields = "action-fields"
    case actionTarget = "action-target"
    case missingCheck = "missing-check"
    case unusableCheck = "unusable-check"
    case unusableScript = "unusable-script"
    case unknownRequirement = "unknown-requirement"
    case solution

    var severity: CheckFinding.Severity {
        switch self {
        case .definition, .frontMatter, .configuration, .deadLink, .missingFile, .shortcode, .unknownAction,
            .actionFields, .actionTarget, .missingCheck, .unusableCheck, .unknownRequirement, .duplicatePage:
            .error
        case .pageOrder, .unreachablePage, .emptyPage, .deadAnchor, .externalLink, .missingText, .foreignImage,
            .rawHTML, .unknownVariable, .unusableScript, .solution:
            .warning
        }
    }

    /// One sentence for those who meet the rule in a code review.
    var explanation: String {
        switch self {
        case .definition: "Definitions of portals and workshops are what the portal can use."
        case .frontMatter: "The block between the --- lines at the top of a page is a YAML mapping that is understood."
        case .pageOrder: "Pages come in an order that was meant: each has a weight, or none has."
        case .unreachablePage: "Every page can be reached by going through the workshop."
        case .emptyPage: "A page says something."
        case .duplicatePage: "Each page has an address of its own."
        case .configuration: "workshop/config.yaml is what the workshop can use."
        case .deadLink: "A link leads to a page or a file that exists."
        case .deadAnchor: "A link to a place in a page leads to a heading that exists."
        case .externalLink: "Other sites' addresses answer."
        case .missingFile: "Images and static files exist."
        case .missingText: "An image says in words what it shows, for those who cannot see it."
        case .foreignImage: "Images come with the workshop; nothing is loaded from other sites."
        case .rawHTML: "HTML in pages is what the workshop allows."
        case .unknownVariable: "A variable that a page uses has a value in every session."
        case .shortcode: "Shortcodes are known, and each that is opened is closed."
        case .unknownAction: "A clickable action exists."
        case .actionFields: "A clickable action has the fields that it needs, and no others."
        case .actionTarget: "A clickable action uses what the workshop's sessions have."
        case .missingCheck: "A check that a page runs exists in workshop/examiner/tests."
        case .unusableCheck: "A check can be run: it is executable and begins with #!."
        case .unusableScript: "A script that a session runs can be run."
        case .unknownRequirement: "A page that requires a check names one that exists."
        case .solution: "A solution belongs to a check."
        }
    }
}
