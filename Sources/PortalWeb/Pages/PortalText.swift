internal import Portal

/// Everything that a visitor reads, in one place, so that it can be translated.
///
/// One sentence for what happened, one for what to do now; no blame, no codes, no exclamation marks.
enum PortalText {
    static let language = "en"
    static let skipToContent = "Skip to content"
    static let workshops = "Workshops"
    static let requestID = "Request"
    static let thisBrowser = "This browser"
    static let colophon = "Labs are private, and deleted with everything in them when they end."
    static let signOut = "Forget me on this browser"
    static let backToWorkshops = "Back to the workshops"

    // The catalogue
    static let catalogIntroduction = "Pick a workshop. It opens in a private lab of your own, with nothing to install."
    static let catalogIsEmpty = "There is nothing to start here yet."
    static let catalogIsEmptyAdvice = "Workshops appear as soon as they are ready. Look again in a minute."
    static let start = "Start"
    static let `continue` = "Continue"
    static let tryAnyway = "Try now"
    static let duration = "Takes"
    static let difficulty = "Level"
    static let by = "By"
    static let tags = "Topics"
    static let aboutThisWorkshop = "More about this workshop"
    static let yourSession = "Your lab is open"

    static func level(_ difficulty: String) -> String {
        switch difficulty {
        case "beginner": "Beginner"
        case "intermediate": "Intermediate"
        case "advanced": "Advanced"
        case "extreme": "Expert"
        default: difficulty
        }
    }

    /// Seconds as a person says them: "20 minutes", "1 hour 30 minutes".
    static func length(seconds: Int) -> String {
        let minutes = max(1, (seconds + 30) / 60)
        if minutes < 60 { return minutes == 1 ? "1 minute" : "\(minutes) minutes" }
        let hours = minutes / 60
        let rest = minutes % 60
        let hoursText = hours == 1 ? "1 hour" : "\(hours) hours"
        return rest == 0 ? hoursText : hoursText + " " + (rest == 1 ? "1 minute" : "\(rest) minutes")
    }

    /// - Parameter nextPlace: seconds until a place becomes free at the latest, `nil` when nobody can tell.
    static func seats(free: Int, capacity: Int, nextPlace: Int?) -> String {
        if free > 1 { return free >= 1000 ? "Places free" : "\(free) places free" }
        if free == 1 { return "1 place free" }
        guard capacity > 0 else { return "Not open at the moment" }
        guard let nextPlace else { return "Full at the moment" }
        if nextPlace < 60 { return "Full, next place in less than a minute" }
        return "Full, next place in about \(length(seconds: nextPlace))"
    }

    // Banners
    static func banner(_ reason: ReturnReason) -> (happened: String, advice: String) {
        switch reason {
        case .sessionDeleted: ("Your lab has ended.", "Start it again or pick another workshop.")
        case .sessionUnavailable:
            ("No place is free right now.", "Try again in a few minutes or pick another workshop.")
        case .sessionInvalid:
            ("That lab does not exist any more, or it is not yours.", "Start the workshop again to get a new one.")
        case .workshopInvalid: ("There is no workshop at that address.", "Pick one from this list.")
        case .startupTimeout: ("Your lab took too long to start, so it was stopped.", "Start it again in a moment.")
        }
    }

    // Starting
    static let startingTitle = "Your lab is starting"
    static func startingIntroduction(_ workshop: String) -> String { "“\(workshop)” opens here by itself." }
    static let stepPlace = "Finding a place for you"
    static let stepSandbox = "Setting up your private lab"
    static let stepOpen = "Opening the instructions and the terminal"
    static let stepDone = "done"
    static let stepNow = "under way"
    static let stepLater = "to come"
    static func usually(seconds: Double) -> String {
        if seconds < 1.5 { return "This usually takes about a second." }
        return
            "This usually takes about \(seconds < 90 ? "\(Int(seconds + 0.5)) seconds" : length(seconds: Int(seconds)))."
    }
    static let late = "It takes longer than usual this time. You can wait, or give up and start again later."
    static let usuallyUnknown = "This usually takes a few seconds."
    static let giveUp = "Give up"
    static let openNow = "Open now"
    static let stepsLabel = "Steps of the start"
    static let progressLabel = "Progress of the start"

    // Ending
    static let endTitle = "End this lab?"
    static let endText = "Everything in it is deleted: files, terminals, and whatever still runs there."
    static let endButton = "End the lab"
    static let endCancel = "Go back to it"

    // Activating
    static let replaceTitle = "Open this lab here?"
    static let replaceText =
        "This browser already belongs to somebody with a lab or an account on this portal. Opening the link signs them "
        + "out here."
    static let replaceButton = "Open the lab"
    static let replaceCancel = "Stay as I am"

    // Previews
    static let previewText = "A hands-on workshop in a private lab that runs in your browser."
    static let previewStart = "Start the workshop"

    // The access code
    static let accessTitle = "Access code"
    static let accessIntroduction = "These workshops are open to people who have the access code."
    static let accessLabel = "Access code"
    static let accessHint = "Your host or trainer has it. Upper and lower case matter."
    static let accessButton = "Continue"
    static let accessWrong = "That is not the access code."
    static let accessWrongAdvice = "Check it for typing mistakes and enter it again."

    // Accounts
    static let account = "Account"
    static let loginTitle = "Sign in"
    static let loginNotNeeded = "You need no account here."
    static let loginNotNeededAdvice = "Pick a workshop and start; this browser remembers you."
    static let loginContinue = "Continue"
    static let loginForStaff = "For people who run this portal"
    static let loginWrong = "That name and that password do not belong together."
    static let loginWrongAdvice = "Check both for typing mistakes. Upper and lower case matter in the password."
    static let loginBusy = "Many people sign in at this moment."
    static let loginOr = "Or with a name and a password of this portal:"
    static func loginWith(_ provider: String) -> String { "Sign in with \(provider)" }
    static func loginAsOther(_ name: String) -> String {
        "You are signed in as \(name), who may not open that page. Sign in as somebody who may."
    }
    static let loginQuestion = "You have an account?"
    static let userName = "User name"
    static let password = "Password"
    static let passwordAgain = "The same password again"
    static let passwordForgotten = "Forgot your password?"
    static let cancel = "Cancel"

    static let providerTitle = "Signing in did not work"
    static let providerAway = "Your organisation's login does not answer at the moment."
    static let providerRefused = "Your organisation's login did not let you through."
    static let providerFailed = "What your organisation's login sent could not be accepted."
    static let providerStrange =
        "This answer does not belong to a login that was begun in this browser, or it took too long."
    static let providerAdvice = "Try again. If it stays like this, tell whoever runs the portal."
    static let nameless = "Signed in"

    static let registerQuestion = "New here?"
    static let registerTitle = "Create an account"
    static let registerIntroduction = "A name and a password are enough. Your labs are then yours on any computer."
    static let userNameHint =
        "\(UserName.shortest) to \(UserName.longest) letters and digits; “.”, “_”, “-”, “+” and “@” may stand between them."
    static let passwordHint =
        "At least \(PasswordRules.shortest) characters. Several words are easier to remember than signs. "
        + "Write it down: this portal sends no mail and cannot send you a new one."
    static let formMistakes = "Something has to be corrected below."
    static let nameTaken = "That name, or one that looks like it, is taken. Choose another."
    static let passwordsDiffer = "The two are not the same. Enter both once more."
    static func mistake(_ problem: UserName.Problem) -> String {
        switch problem {
        case .tooShort: "The name needs at least \(UserName.shortest) characters."
        case .tooLong: "The name may have \(UserName.longest) characters at most."
        case .characters:
            "The name has to begin with a letter or a digit, and may hold only those and “.”, “_”, “-”, “+”, “@”."
        case .mixedScripts: "The name mixes letters of several scripts. Choose one."
        case .reserved: "That name is kept for the portal itself. Choose another."
        }
    }
    static func mistake(_ problem: PasswordRules.Problem) -> String {
        switch problem {
        case .tooShort: "The password needs at least \(PasswordRules.shortest) characters."
        case .tooLong: "The password is longer than the portal can keep. Choose a shorter one."
        case .likeName: "The password is too much like the name. Choose another."
        case .tooCommon: "That password is among the first that anybody tries. Choose another."
        }
    }
    static let registrationCompleteTitle = "Welcome"
    static let registrationComplete = "Your account is ready, and you are signed in."
    static let registrationCompleteAdvice = "Pick a workshop to start with."
    static let registrationClosedTitle = "No new accounts"
    static let registrationClosed = "This portal takes no new accounts."
    static let registrationClosedAdvice =
        "Use the account or the link that you were given, or ask whoever sent you here."

    static let passwordChangeTitle = "Change the password"
    static let passwordChangeLink = "Password"
    static let passwordChangeIntroduction = "You are signed out everywhere else when the password changes."
    static let passwordOld = "The password that you have now"
    static let passwordOldWrong = "That is not your password."
    static let passwordNew = "A new password"
    static let passwordChangedTitle = "The password is changed"
    static let passwordChanged =
        "From now on your new password counts, and everybody else who knew the old one is signed out."
    static let passwordChangedAdvice = "This browser stays signed in."
    static let passwordOfDefinition = "The password of this account stands in the portal's definition."
    static let passwordOfDefinitionAdvice = "Change it there; it counts as soon as the definition is read again."
    static let passwordOfProvider = "You sign in with your organisation, which keeps your password."
    static let passwordOfProviderAdvice = "Change it there."
    static let passwordResetTitle = "A forgotten password"
    static let passwordReset = "This portal sends no mail, so it cannot give you a new password by itself."
    static let passwordResetAdvice =
        "Ask whoever runs it, or create another account where that is possible. Labs end by themselves."

    static let signOutAccount = "Sign out"
    static let signOutTitle = "Sign out?"
    static let signOutText =
        "Labs that you have open stay open until their time is over, in this browser too: end them first on a computer that "
        + "others use."
    static let logoutTitle = "Forget me on this browser?"
    static let logoutText =
        "Labs that you have open stay open until their time is over, but this browser cannot enter them any more."
    static let logoutCancel = "Stay"

    // Where and when
    static let portalStarting = "The portal is just starting."
    static let portalStartingAdvice = "This page tries again by itself."
    static func environmentStarting(_ workshop: String) -> String { "\(workshop) is being made ready." }
    static let environmentStartingAdvice = "This page tries again by itself; it usually takes less than a minute."
    static let runtimeFailing = "Labs cannot be started at the moment."
    static let runtimeFailingAdvice =
        "This page tries again by itself. If it stays like this, tell whoever runs the portal."
    static let silentTitle = "Your lab does not answer"
    static func silent(_ workshop: String) -> String { "“\(workshop)” is running, but nothing answers at its address." }
    static let silentAdvice = "This page tries again by itself. If it stays like this, end the lab and start it again."
    static let storeFailing = "The portal cannot save anything at the moment."
    static let storeFailingAdvice = "Try again in a minute. If it stays like this, tell whoever runs the portal."
    static let signInAgain = "This portal does not know this browser."
    static let signInAgainAdvice = "Pick a workshop to start with."

    // Mistakes
    static let tryAgain = "Try again"
    static let notFoundTitle = "Nothing is here"
    static let notFound = "There is no page at this address."
    static let notFoundAdvice = "Check the address, or start from the workshops."
    static let badRequestTitle = "This link does not work"
    static let badIndexURLAdvice = "Tell whoever runs the page you came from, and open its workshops again."
    static let activationSpent = "This link was used before, is too old, or was not copied in full."
    static let activationSpentAdvice = "Go back to where you got it and ask for a new one."
    static let badTargetAdvice = "Start from the workshops."
    static let badClient = "The link that asks to open a lab does not fit that lab."
    static let badTarget = "The address to go on to is not on this portal."
    static let forbiddenTitle = "That did not go through"
    static let crossSite = "This form was not sent from a page of this portal, or the page was open for too long."
    static let crossSiteAdvice = "Open the page again and press the button once more."
    static let methodTitle = "This page works in another way"
    static let methodNotAllowed = "This address does not take that kind of request."
    static let methodAdvice = "Open it as an ordinary link."
    static let tooLargeTitle = "That was too much"
    static let tooLarge = "The form is larger than the portal accepts."
    static let tooLargeAdvice = "Shorten what you entered and send it again."
    static let slowDownTitle = "A short break"
    static let slowDown = "That was tried very often in a short time."
    static func slowDownAdvice(seconds: Int) -> String {
        "Try again in \(seconds < 90 ? "\(max(1, seconds)) seconds" : length(seconds: seconds))."
    }
    static let unavailableTitle = "Not just now"
    static let failedTitle = "Something went wrong here"
    static let failed = "The portal could not answer because of a mistake of its own."
    static let failedAdvice = "Try again. If it stays like this, tell whoever runs the portal, with the number below."
}
