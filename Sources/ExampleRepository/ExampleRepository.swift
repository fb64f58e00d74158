/// A small shop with a `circle.yml` that deploys two branches, an AppSpec, and hooks: what `slipway
/// demo` deploys. The files themselves lie in the folder Repository.
package enum ExampleRepository {
    /// A file of the repository.
    package struct File: Sendable {
        /// Relative to the repository's root.
        package let path: String
        package let contents: [UInt8]
        package let isExecutable: Bool
    }

    /// All of them.
    package static let files = [
        file("appspec.yml", PackageResources.appspec_yml),
        file("circle.yml", PackageResources.circle_yml),
        hook("check-space", PackageResources.check_space),
        hook("close-shop", PackageResources.close_shop),
        hook("open-shop", PackageResources.open_shop),
        hook("stamp-release", PackageResources.stamp_release),
        hook("validate", PackageResources.validate),
        file("site/coffee.html", PackageResources.coffee_html),
        file("site/index.html", PackageResources.index_html),
    ]

    private static func file(_ path: String, _ contents: [UInt8]) -> File {
        File(path: path, contents: contents, isExecutable: false)
    }

    private static func hook(_ name: String, _ contents: [UInt8]) -> File {
        File(path: "scripts/\(name)", contents: contents, isExecutable: true)
    }
}
