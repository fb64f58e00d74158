package import SlipwayCore

/// A CI service whose files say how a project deploys with CodeDeploy.
package enum ForeignService: String, CaseIterable, Sendable {
    case travis, codeship, bitbucket

    /// As people call it.
    package var name: String {
        switch self {
        case .travis: "Travis CI"
        case .codeship: "Codeship"
        case .bitbucket: "Bitbucket"
        }
    }
}

/// One deployment with CodeDeploy as another service's file has it.
package struct ForeignDeployment: Equatable, Sendable {
    /// Where it begins in the file.
    package var place: SourcePlace
    /// What a section for it could be called.
    package var label: String?
    package var condition = Condition()
    package var application: ApplicationName
    package var group: DeploymentGroup
    package var configuration: DeploymentConfiguration?
    package var region: Region?
    package var applicationRoot: ApplicationRoot?
    package var location: RevisionLocation?
    package var fileExistsBehavior: FileExistsBehavior?
    package var ignoresStopFailures = false
    /// What is missing and was said to be.
    package var explained: Set<ApplicationSettings.Field> = []

    /// Which builds deploy, in the words of `circle.yml`.
    package struct Condition: Hashable, Sendable {
        package var branches: [String] = []
        package var tags: [String] = []
        package var owner: String?
        package var reach = Reach.named
    }

    /// How far a condition reaches.
    package enum Reach: Hashable, Sendable {
        /// To what it names.
        case named
        /// To everything, beside what others name.
        case everything
        /// To what no other condition names.
        case rest
    }
}

/// What another service's file says of CodeDeploy, and what of it cannot be carried over.
package struct ForeignFile: Equatable, Sendable {
    /// In the file's order. Empty only beside an error.
    package let deployments: [ForeignDeployment]
    /// Errors and warnings, in the file's order. None of them shows a value that may be a secret.
    package let problems: [Problem]
    /// The project that the file itself names.
    package let project: ProjectName?

    package var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// The most bytes that are read.
    package static let byteLimit = YAMLDocument.Limits.configurationFile.byteCount

    /// Reads a file's bytes.
    ///
    /// Throws ``DocumentError`` for what is no YAML or over a limit; any other mistake is in the
    /// result.
    package static func read(
        _ bytes: UnsafeRawBufferPointer, file: String, from service: ForeignService
    ) throws(DocumentError) -> ForeignFile {
        let text = try YAMLDocument.text(of: bytes, file: file)
        let document = try YAMLDocument.compose(text, file: file, within: .configurationFile)
        var walk = ForeignFileWalk(file: file, service: service)
        walk.problems = document.repeatedKeys.map { key in
            var problem = key.problem(file: file)
            problem.severity = .warning
            return problem
        }
        switch service {
        case .travis: walk.travis(document.root)
        case .codeship: walk.codeship(document.root)
        case .bitbucket: walk.bitbucket(document.root)
        }
        walk.reportSecrets(in: document.root)
        return ForeignFile(
            deployments: walk.deployments, problems: walk.problems.inFileOrder,
            project: walk.project)
    }
}
