// swift-tools-version: 6.2
import PackageDescription

// Every library target shares one list of settings, so that a rule holds everywhere or nowhere.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

func library(_ name: String, _ dependencies: [Target.Dependency], hasReadMe: Bool = false) -> Target {
    .target(
        name: name, dependencies: dependencies, exclude: hasReadMe ? ["README.md"] : [], swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: strict)
}

func system(_ name: String, pkgConfig: String? = nil, apt package: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "lectern",
    products: [
        .executable(name: "lectern", targets: ["lectern"])
    ],
    targets: [
        // C libraries: a module map and a shim each; no rules live there.
        system("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        system("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        system("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        system("CSodium", pkgConfig: "libsodium", apt: "libsodium-dev"),
        system("CUtf8Proc", apt: "libutf8proc-dev"),
        system("CPCRE2", pkgConfig: "libpcre2-8", apt: "libpcre2-dev"),
        system("CWslay", apt: "libwslay-dev"),
        system("CMarkGFM", pkgConfig: "libcmark-gfm", apt: "libcmark-gfm-dev"),
        .target(name: "CLinux", path: "Sources/CLibraries/CLinux"),
        .target(name: "CCurl", path: "Sources/CLibraries/CCurl"),
        .target(name: "CJose", path: "Sources/CLibraries/CJose"),
        .target(name: "CAssets", path: "Sources/CLibraries/CAssets", cSettings: [.unsafeFlags(["-std=c23"])]),

        // Arrows point down only; an undeclared import is an error (see the Makefile).
        library("Platform", ["CYAML", "CSodium", "CMarkGFM", "CUtf8Proc", "CJose", "CLinux"]),
        library("HTTP", ["Platform"]),
        library("Portal", ["Platform"], hasReadMe: true),
        library("HTTPEngine", ["HTTP", "Platform", "CMicroHTTPD", "CWslay", "CCurl", "CLinux"], hasReadMe: true),
        library("PortalStorage", ["Portal", "Platform", "CSQLite"], hasReadMe: true),
        library("PortalWeb", ["Portal", "HTTP", "Platform", "CAssets"]),
        library("SessionAgent", ["HTTP", "Platform", "CLinux", "CPCRE2", "CAssets"], hasReadMe: true),
        library("Runtimes", ["Portal", "Platform", "CLinux"], hasReadMe: true),
        library("PortalTesting", ["Portal", "HTTP", "Platform"]),
        .executableTarget(
            name: "lectern",
            dependencies: [
                "Portal", "PortalWeb", "PortalStorage", "Runtimes", "SessionAgent", "HTTPEngine", "HTTP", "Platform",
                "CLinux",
            ],
            swiftSettings: strict),

        tests("PlatformTests", ["PortalTesting", "Platform"]),
        tests("HTTPTests", ["HTTP", "Platform"]),
        tests("HTTPEngineTests", ["HTTPEngine", "HTTP", "Platform"]),
        tests("PortalTests", ["Portal", "PortalTesting", "Platform"]),
        tests("PortalStorageTests", ["PortalStorage", "PortalTesting", "Portal", "Platform"]),
        tests("PortalWebTests", ["PortalWeb", "PortalTesting", "PortalStorage", "Portal", "HTTP", "Platform"]),
        tests("RuntimesTests", ["Runtimes", "PortalTesting", "Portal", "Platform"]),
        tests("SessionAgentTests", ["PortalTesting", "SessionAgent", "HTTP", "Platform"]),
        tests("CommandTests", ["lectern", "PortalWeb", "PortalStorage", "Portal", "HTTP", "Platform"]),
        tests("EndToEndTests", ["PortalTesting", "HTTPEngine", "HTTP", "PortalStorage", "Portal", "Platform"]),
    ]
)
