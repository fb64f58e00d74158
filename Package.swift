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
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")

let package = Package(
    name: "slipway",
    products: [.executable(name: "slipway", targets: ["slipway"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", exact: "4.5.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        // @main and live wiring: meets every edge and reads the environment. Nobody imports it.
        .executableTarget(
            name: "slipway",
            dependencies: [
                "CSystem", "CursesTerminal", "ProcessGuard", "RevisionArchive", "Screens",
                "SlipwayCommands", "SlipwayCore",
            ],
            swiftSettings: strict),
        // One file per command; text and JSON output. Imported by slipway and the tests.
        .target(
            name: "SlipwayCommands",
            dependencies: [
                "AdminScreens", "ConfigurationFiles", "KeyVault", "PrivateFiles", "ProjectStore",
                "Screens", "SlipwayCore", argumentParser,
            ],
            swiftSettings: strict),
        // The domain and every decision about it: no I/O, imports no other target.
        .target(name: "SlipwayCore", swiftSettings: strict),
        // YAML and JSON documents to typed values with their lines: the only importer of Yams, and of
        // the libyaml in it.
        .target(
            name: "ConfigurationFiles", dependencies: ["SlipwayCore", "Yams"],
            swiftSettings: strict),
        // An application root to the same zip bytes every time. An edge; imported by slipway.
        .target(name: "RevisionArchive", dependencies: ["SlipwayCore"], swiftSettings: strict),
        // Projects, settings, keys, audit in SQLite: with Migrations, the only importer of GRDB.
        .target(
            name: "ProjectStore",
            dependencies: ["KeyVault", "Migrations", "PrivateFiles", "SlipwayCore", grdb, sqlite],
            swiftSettings: strict),
        // Seals and opens secrets, wraps the store key: the only importer of Crypto.
        .target(
            name: "KeyVault",
            dependencies: ["PrivateFiles", "SlipwayCore", crypto, cryptoExtras],
            exclude: ["FORMAT.md"],
            swiftSettings: strict),
        // Files that only their owner can read, whatever the umask. A leaf; edges may import it.
        .target(
            name: "PrivateFiles", dependencies: ["CSystem", "SlipwayCore"], swiftSettings: strict),
        // Keeps this process out of core dumps and crash reports. Imported by slipway.
        .target(name: "ProcessGuard", dependencies: ["CSystem"], swiftSettings: strict),
        // The C that Swift cannot say: prctl, signal handlers, statfs. A leaf; no logic.
        .target(name: "CSystem"),
        // The numbered .sql files, embedded. Knows no type of the app. Imported by ProjectStore.
        .target(
            name: "Migrations",
            dependencies: [grdb],
            path: "migrations",
            sources: ["Migrations.swift"],
            resources: [.embedInCode("0001_store.sql")],
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
            name: "CursesTerminal", dependencies: ["CNCurses", "CSystem", "TextGrid"],
            swiftSettings: strict),
        // The admin UI: its screens, messages and effects as values. Imported by SlipwayCommands.
        .target(
            name: "AdminScreens", dependencies: ["Screens", "SlipwayCore", "TextGrid"],
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
            name: "ProjectStoreTests",
            dependencies: [
                "KeyVault", "Migrations", "PrivateFiles", "ProjectStore", "SlipwayCore",
                "TestSupport", crypto,
            ],
            swiftSettings: strict),
        .testTarget(
            name: "ConfigurationFilesTests",
            dependencies: ["ConfigurationFiles", "SlipwayCore", "TestSupport"],
            exclude: ["Cases", "Reference", "Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "RevisionArchiveTests", dependencies: ["RevisionArchive", "SlipwayCore"],
            swiftSettings: strict),
        .testTarget(
            name: "SlipwayCommandsTests",
            dependencies: ["SlipwayCommands", "SlipwayCore", "TestSupport"],
            exclude: ["Snapshots"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["slipway", "store-torture", "crash-probe", "TestSupport"],
            exclude: ["Snapshots"], swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
