extension PortalText {
    /// What programs' authors read. Without quotation marks, because some of it stands in a header.
    enum API {
        static let missingToken = "Send an access token: Authorization: Bearer and the token from /oauth2/token/."
        static let deadToken = "The access token is unknown, revoked or expired. Get a new one from /oauth2/token/."
        static let forbidden = "The user of this access token may not do that."
        static let robotsOnly = "Only the portal's robot account may do that."
        static let notFound = "There is nothing at this address. See /docs for those that there are."
        static let unknownEnvironment = "No environment or workshop of this portal has that name."
        static let unknownSession = "No session has that name, or it is over."
        static func methodNotAllowed(_ allow: String) -> String { "This address takes \(allow)." }
        static let notAllocated = "The session is held ready and belongs to nobody yet."
        static let otherSession = "The user has no session of that name here. Nothing was changed."
        static func tooLarge(_ limit: Int) -> String { "The body is larger than \(limit) bytes." }
        static let noCapacity = "All places of this workshop are taken. Try again after the time in Retry-After."
        static let portalFull = "All places of this portal are taken. Try again after the time in Retry-After."
        static let userLimit = "The user has as many sessions as one may have."
        static let environmentStarting = "The workshop is being made ready. Try again after the time in Retry-After."
        static let environmentStopping = "The workshop is being withdrawn and takes nobody any more."
        static let tooMany = "That was tried very often in a short time. Try again after the time in Retry-After."
        static let portalStarting = "The portal is just starting. Try again after the time in Retry-After."
        static let storeFailing = "The portal cannot save anything at the moment. Nothing was changed."
        static let failed = "The portal could not answer because of a mistake of its own."

        static let labelsNeedKey = "Write a label filter as labels[key]=value."
        static let indexURLMissing =
            "Say where the learner is to be sent afterwards: this portal has no index of its own."
        static let badUser = "A user's id has 1 to 150 characters, none of them a control character."
        static let reservedUser = "Sessions are not handed out in the name of staff or of the robot."
        static let badEmail = "This is not an email address."
        static let badName = "A name has at most 150 characters, none of them a control character."
        static func badTimeout(_ longest: Int) -> String {
            "The timeout is a whole number of seconds from 1 to \(longest)."
        }
        static let badSession = "This is not the name of a session."
        static let ownEvent = "Only the portal itself reports events of that name."
        static let badEventName = "The name of an event has 1 to 100 printable ASCII characters, none of them a blank."
        static func event(_ mistake: String) -> String { mistake.prefix(1).uppercased() + mistake.dropFirst() + "." }
        static let bodyIsNotJSON = "The body is not a JSON object in UTF-8."
        static let parametersAreNoList = "parameters is a list of objects with name and value."
        static func badParameter(_ index: Int) -> String {
            "Entry \(index) of parameters needs a name that is not empty and a value, both texts."
        }
        static func tooManyParameters(_ limit: Int) -> String { "parameters has at most \(limit) entries." }

        static let docsTitle = "REST API"
        static let docsDocument = "The same for programs, in OpenAPI 3.1: "
        static let docsContents = "Contents"
        static let docsParameters = "Parameters"
        static let docsBody = "Body"
        static let docsAnswers = "Answers"
        static let docsShapes = "Shapes"
        static let docsName = "Name"
        static let docsPlace = "In"
        static let docsType = "Type"
        static let docsMeaning = "Meaning"
        static let docsStatus = "Status"
        static let docsMistakes = "Mistakes"
        static let docsRequired = "required"
        static let docsNoToken = "Needs no access token."
        static let docsOptionalToken = "An access token is needed where the catalogue is private."
        static let docsToken = "Needs an access token."
        static let docsClient = "The client shows its own id and secret."
    }
}
