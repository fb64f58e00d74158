// swift-tools-version:6.2
import PackageDescription

/// What every Swift target of ours is compiled with: warnings are errors, an import is visible to
/// the file that wrote it and to no other, `any` is spelled out.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let argumentParser = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let nio = ["NIOCore", "NIOHTTP1", "NIOPosix"].map {
    Target.Dependency.product(name: $0, package: "swift-nio")
}
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
    name: "slipway",
    products: [.executable(name: "slipway", targets: ["slipway"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // @main and live wiring: meets every edge and reads the environment. Nobody imports it.
        .executableTarget(
            name: "slipway",
            dependencies: [
                "AWSClient", "AWSSignature", "CSystemCalls", "ConfigurationFiles", "CursesTerminal",
                "DeployEngine", "InstanceAgent", "ProcessGuard", "RevisionArchive", "Sandbox",
                "Screens",
                "SlipwayCommands", "SlipwayCore",
            ],
            swiftSettings: strict),
        // One file per command; text and JSON output. Imported by slipway and the tests.
        .target(
            name: "SlipwayCommands",
            dependencies: [
                "AdminScreens", "ConfigurationFiles", "DeployEngine", "ExampleRepository",
                "KeyVault", "LiveScreens",
                "PrivateFiles", "ProjectStore", "RevisionArchive", "Screens", "SlipwayCore",
                argumentParser,
            ],
            exclude: ["JSON.md"],
            swiftSettings: strict),
        // The domain and every decision about it: no I/O, imports no other target.
        .target(name: "SlipwayCore", swiftSettings: strict),
        // Plan to result: pack, upload, register, create, watch, as a machine and its driver. What it
        // needs of the world comes as closures. Imported by SlipwayCommands and slipway.
        .target(name: "DeployEngine", dependencies: ["SlipwayCore"], swiftSettings: strict),
        // YAML and JSON documents to typed values with their lines: the only importer of Yams, and of
        // the libyaml in it.
        .target(
            name: "ConfigurationFiles", dependencies: ["SlipwayCore", "Yams"],
            swiftSettings: strict),
        // An application root to the same zip bytes every time, streamed. An edge; imported by
        // slipway and SlipwayCommands.
        .target(
            name: "RevisionArchive",
            dependencies: ["CDeflate", "CSystemCalls", "CZlib", "SlipwayCore"],
            swiftSettings: strict),
        // zlib and libdeflate as they are. Imported by RevisionArchive.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(
            name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        // Projects, settings, keys, audit in SQLite: with Migrations, the only importer of GRDB.
        .target(
            name: "ProjectStore",
            dependencies: ["KeyVault", "Migrations", "PrivateFiles", "SlipwayCore", grdb, sqlite],
            swiftSettings: strict),
        // Seals and opens secrets, wraps the store key. Imports Crypto.
        .target(
            name: "KeyVault",
            dependencies: ["PrivateFiles", "SlipwayCore", crypto, cryptoExtras],
            exclude: ["FORMAT.md"],
            swiftSettings: strict),
        // What the CodeDeploy agent does on one instance, which is a folder. An edge; imported by the
        // sandbox.
        .target(
            name: "InstanceAgent",
            dependencies: ["ConfigurationFiles", "CSystemCalls", "SlipwayCore"],
            swiftSettings: strict),
        // AWS Signature Version 4, both sides of it, and digests of bodies: pure. Imported by AWSClient
        // and Sandbox; besides KeyVault the only importer of Crypto.
        .target(
            name: "AWSSignature", dependencies: ["SlipwayCore", crypto], swiftSettings: strict),
        // libcurl, opened on first use: its functions as Swift can call them. No logic.
        .target(name: "CCurl"),
        // S3, CodeDeploy and STS: the only importer of CCurl. An edge; imported by slipway.
        .target(
            name: "AWSClient", dependencies: ["AWSSignature", "CCurl", "SlipwayCore"],
            swiftSettings: strict),
        // Files that only their owner can read, whatever the umask. A leaf; edges may import it.
        .target(
            name: "PrivateFiles", dependencies: ["CSystemCalls", "SlipwayCore"],
            swiftSettings: strict),
        // The local AWS on loopback: S3, CodeDeploy, STS. An edge, and the only importer of SwiftNIO;
        // imported by slipway.
        .target(
            name: "Sandbox",
            dependencies: [
                "AWSSignature", "ConfigurationFiles", "InstanceAgent", "PrivateFiles",
                "SlipwayCore",
            ] + nio,
            swiftSettings: strict),
        // Keeps this process out of core dumps and crash reports. Imported by slipway.
        .target(name: "ProcessGuard", dependencies: ["CSystemCalls"], swiftSettings: strict),
        // The C that Swift cannot say: prctl, signal handlers, statfs. A leaf; no logic.
        .target(name: "CSystemCalls"),
        // The numbered .sql files, embedded. Knows no type of the app. Imported by ProjectStore.
        .target(
            name: "Migrations",
            dependencies: [grdb],
            path: "migrations",
            sources: ["Migrations.swift"],
            resources: [
                .embedInCode("0001_store.sql"), .embedInCode("0002_deployments.sql"),
                .embedInCode("0003_attempts.sql"), .embedInCode("0004_stops.sql"),
            ],
            swiftSettings: strict),
        // The files of the repository that the demo deploys, embedded. A leaf; imported by
        // SlipwayCommands.
        .target(
            name: "ExampleRepository",
            resources: [
                "appspec.yml", "circle.yml", "scripts/check-space", "scripts/close-shop",
                "scripts/open-shop", "scripts/stamp-release", "scripts/validate",
                "site/coffee.html", "site/index.html",
            ].map { .embedInCode("Repository/\($0)") },
            swiftSettings: strict),
        // Cells, display width, boxes, tables: what a terminal shows, as a value. A leaf that has
        // never heard of slipway.
        .target(name: "TextGrid", swiftSettings: strict),
        // Screens as values, widgets, the loop: the toolkit of every screen. Never sees curses.
        .target(
            name: "Screens", dependencies: ["SlipwayCore", "TextGrid"], swiftSettings: strict),
        // ncurses with wide characters behind one commented header. Imported by CursesTerminal.
        .systemLibrary(name: "CNCurses", providers: [.apt(["libncurses-dev"])]),
        // A grid onto the terminal, its keys and signals as events: the only importer of CNCurses.
        .target(
            name: "CursesTerminal", dependencies: ["CNCurses", "CSystemCalls", "TextGrid"],
            swiftSettings: strict),
        // The admin UI: its screens, messages and effects as values. Imported by SlipwayCommands.
        .target(
            name: "AdminScreens", dependencies: ["Screens", "SlipwayCore", "TextGrid"],
            swiftSettings: strict),
        // Deployments while they happen, as screens. Never sees curses. Imported by SlipwayCommands.
        .target(
            name: "LiveScreens",
            dependencies: ["DeployEngine", "Screens", "SlipwayCore", "TextGrid"],
            swiftSettings: strict),
        // Temporary folders, processes and snapshots for every test target.
        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
        // Kills writers and rotations of a store at random, and crowds it. Run by EndToEndTests.
        .executableTarget(
            name: "store-torture",
            dependencies: ["KeyVault", "PrivateFiles", "ProjectStore", "SlipwayCore"],
            path: "Tests/Torture", swiftSettings: strict),
        // Crashes with a secret in its memory. Run by EndToEndTests.
        .executableTarget(
            name: "crash-probe", dependencies: ["ProcessGuard", "SlipwayCore"],
            path: "Tests/CrashProbe", swiftSettings: strict),
        // Signs what it is told and calls what it is told, for independent judges. Run by the tests in
        // Tests/Foreign.
        .executableTarget(
            name: "aws-probe", dependencies: ["AWSClient", "AWSSignature", "SlipwayCore"],
            path: "Tests/AWSProbe", swiftSettings: strict),
        .testTarget(name: "SlipwayCoreTests", dependencies: ["SlipwayCore"], swiftSettings: strict),
        .testTarget(
            name: "TextGridTests", dependencies: ["TextGrid", "TestSupport"],
            exclude: ["Vectors"], swiftSettings: strict),
        .testTarget(
            name: "ScreensTests",
            dependencies: ["Screens", "SlipwayCore", "TestSupport", "TextGrid"],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "AdminScreensTests",
            dependencies: [
                "AdminScreens", "ConfigurationFiles", "Screens", "SlipwayCore", "TestSupport",
                "TextGrid",
            ],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "CursesTerminalTests", dependencies: ["CursesTerminal", "TextGrid"],
            swiftSettings: strict),
        .testTarget(
            name: "PrivateFilesTests",
            dependencies: ["PrivateFiles", "SlipwayCore", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "KeyVaultTests",
            dependencies: ["KeyVault", "PrivateFiles", "SlipwayCore", "TestSupport"],
            exclude: ["Vectors"], swiftSettings: strict),
        .testTarget(
            name: "AWSSignatureTests",
            dependencies: ["AWSSignature", "SlipwayCore"],
            exclude: ["Vectors"], swiftSettings: strict),
        .testTarget(
            name: "AWSClientTests",
            dependencies: ["AWSClient", "AWSSignature", "SlipwayCore", "TestSupport"],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "ProjectStoreTests",
            dependencies: [
                "KeyVault", "Migrations", "PrivateFiles", "ProjectStore", "SlipwayCore",
                "TestSupport", crypto,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationFilesTests",
            dependencies: ["ConfigurationFiles", "SlipwayCore", "TestSupport"],
            exclude: ["Cases", "Foreign", "Reference", "Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "InstanceAgentTests",
            dependencies: ["CSystemCalls", "InstanceAgent", "SlipwayCore", "TestSupport"],
            exclude: ["Cases"], swiftSettings: strict),
        .testTarget(
            name: "LiveScreensTests",
            dependencies: [
                "DeployEngine", "LiveScreens", "Screens", "SlipwayCore", "TestSupport", "TextGrid",
            ],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "DeployEngineTests",
            dependencies: ["DeployEngine", "SlipwayCore", "TestSupport"],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "RevisionArchiveTests",
            dependencies: ["CDeflate", "CZlib", "RevisionArchive", "SlipwayCore", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "SandboxTests",
            dependencies: [
                "AWSSignature", "InstanceAgent", "Sandbox", "SlipwayCore", "TestSupport",
            ] + nio,
            swiftSettings: strict),
        .testTarget(
            name: "SlipwayCommandsTests",
            dependencies: ["DeployEngine", "SlipwayCommands", "SlipwayCore", "TestSupport"],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "ExampleRepository", "slipway", "store-torture", "crash-probe", "TestSupport",
            ],
            exclude: ["Snapshots"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
