/// The key that a pattern gives for an example of a build, and what should be known of it: shown
/// while the pattern is typed.
package struct KeyPreview: Equatable, Sendable {
    /// Nil where the pattern is none or gives no key.
    package let key: S3Key?
    /// What is wrong, or should be known; nothing for an empty pattern.
    package let problems: [Problem]

    /// Takes texts as they are typed, complete or not.
    package init(
        application: String, fields: [ApplicationSettings.Field: String], build: Build = .example
    ) {
        guard let text = fields[.keyPattern], !text.isEmpty else {
            (key, problems) = (nil, [])
            return
        }
        do {
            let pattern = try KeyPattern(text)
            let key = try pattern.key(for: build)
            self.key = key
            problems = PlanWarnings.deployment(
                Self.deployment(application, fields, pattern, key), of: build)
        } catch let error as KeyPatternError {
            (key, problems) = (nil, [error.problem])
        } catch let error as S3KeyError {
            (key, problems) = (nil, error.problems)
        } catch {
            (key, problems) = (nil, [])
        }
    }

    /// A deployment of the example; what is not typed yet, or is wrong, is made up.
    private static func deployment(
        _ application: String, _ fields: [ApplicationSettings.Field: String],
        _ pattern: KeyPattern, _ key: S3Key
    ) -> PlannedDeployment {
        func settings<Value>(_ value: Value) -> Sourced<Value> {
            Sourced(value, from: .projectSettings)
        }
        func none<Value>() -> Sourced<Value?> { Sourced(nil, from: .builtIn) }
        let place = SourcePlace(file: "project settings", line: 1, column: 1)
        // These four are valid; "bucket" names no region, so that no warning speaks of it.
        let name = (try? ApplicationName(application)) ?? (try! ApplicationName("app"))
        let root = fields[.applicationRoot].flatMap { try? ApplicationRoot($0) }
        let region = fields[.region].flatMap { try? Region($0) }
        let bucket = fields[.bucket].flatMap { try? BucketName($0) }
        return PlannedDeployment(
            application: Placed(name, at: place),
            deploymentGroup: settings(try! DeploymentGroup("group")),
            deploymentConfiguration: none(),
            applicationRoot: settings(root ?? (try! ApplicationRoot("/"))),
            region: settings(region ?? (try! Region("us-east-1"))),
            bucket: settings(
                region == nil
                    ? (try! BucketName("bucket")) : bucket ?? (try! BucketName("bucket"))),
            keyPattern: settings(pattern), key: key, description: none(),
            fileExistsBehavior: none(), ignoreApplicationStopFailures: none(),
            autoRollback: none(), updateOutdatedInstancesOnly: none(), timeout: none(),
            serverSideEncryption: none(), kmsKeyID: none())
    }
}

extension Build {
    /// A build to show what a pattern gives.
    package static let example = Build(
        branch: Sourced("feature/login", from: .builtIn),
        commit: CommitID("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567").map {
            Sourced($0, from: .builtIn)
        },
        number: BuildNumber("128").map { Sourced($0, from: .builtIn) })
}
