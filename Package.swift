// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "tokenwatchd",
    targets: [
        .systemLibrary(
            name: "CSQLite",
            pkgConfig: "sqlite3",
            providers: [.apt(["libsqlite3-dev"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]
        ),
        .systemLibrary(
            name: "CCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"])]
        ),
        .systemLibrary(name: "CLinux"),
        .target(name: "Alerting", swiftSettings: strict),
        .target(name: "Formats", swiftSettings: strict),
        .target(name: "System", dependencies: ["Alerting", "CLinux"], swiftSettings: strict),
        .target(
            name: "HTTP",
            dependencies: ["Alerting", "System", "CCurl", "CLinux"],
            swiftSettings: strict
        ),
        .target(
            name: "Store",
            dependencies: ["Alerting", "Formats", "System", "CSQLite"],
            swiftSettings: strict
        ),
        .target(
            name: "Monitor",
            dependencies: [
                "Alerting", "Formats", "HTTP", "Store", "System", "CCurl", "CCrypto", "CLinux",
            ],
            resources: [
                .embedInCode("Providers/Builtin"), .embedInCode("Status/Page/page.css"),
                .embedInCode("Notify/Formats/formats.toml"),
            ],
            swiftSettings: strict
        ),
        .target(
            name: "Commands",
            dependencies: ["Alerting", "Formats", "HTTP", "Monitor", "Store"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "tokenwatchd",
            dependencies: ["Commands", "Monitor"],
            swiftSettings: strict
        ),
        // What stands for providers and receivers in tests and in the demo: no product depends on it.
        .target(
            name: "Sandbox",
            dependencies: ["Alerting", "Formats", "HTTP", "Monitor", "System", "CLinux"],
            path: "Tests/Sandbox",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "tokenwatch-sandbox",
            dependencies: ["Alerting", "Formats", "HTTP", "Monitor", "Sandbox", "System"],
            path: "Tests/tokenwatch-sandbox",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "toml-decoder",
            dependencies: ["Formats"],
            path: "Tests/toml-decoder",
            swiftSettings: strict
        ),
        // An engine with all around it that can go wrong, for tests only.
        .target(
            name: "EngineLives",
            dependencies: ["Alerting"],
            path: "Tests/EngineLives",
            swiftSettings: strict
        ),
        // Reads that fail, for tests only: no product depends on it.
        .target(
            name: "FaultyFiles",
            path: "Tests/FaultyFiles",
            linkerSettings: [.linkedLibrary("sqlite3")]
        ),
        .testTarget(name: "AlertingTests", dependencies: ["Alerting"], swiftSettings: strict),
        .testTarget(name: "FormatsTests", dependencies: ["Formats"], swiftSettings: strict),
        .testTarget(
            name: "MonitorTests",
            dependencies: [
                "Alerting", "Formats", "HTTP", "Monitor", "Sandbox", "Store", "System",
                "FaultyFiles",
            ],
            exclude: ["Fixtures"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "CommandsTests",
            dependencies: ["Alerting", "Commands", "Formats", "HTTP", "Monitor", "Store"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "SimulationTests",
            dependencies: ["Alerting", "EngineLives"],
            swiftSettings: strict
        ),
        // `make fuzz` feeds the same functions with inputs guided by coverage.
        .testTarget(
            name: "FuzzTests",
            dependencies: ["Alerting", "EngineLives", "Formats", "HTTP", "Monitor"],
            exclude: ["Corpus", "FuzzEntry.swift", "fuzz.sh", "seeds.py"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Alerting", "Formats", "HTTP", "Monitor", "Sandbox", "Store", "System", "CLinux",
                "tokenwatchd", "tokenwatch-sandbox",
            ],
            swiftSettings: strict
        ),
    ]
)

// `make sanitize` builds only what it runs.
if Context.environment["TOKENWATCHD_LIBRARIES_ONLY"] != nil {
    let kept: Set = [
        "CSQLite", "CCurl", "CCrypto", "CLinux", "FaultyFiles", "EngineLives", "Alerting",
        "Formats", "System", "HTTP", "Store", "Monitor", "Sandbox", "FormatsTests",
        "MonitorTests",
    ]
    package.targets.removeAll { !kept.contains($0.name) }
}
