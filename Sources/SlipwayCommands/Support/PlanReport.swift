import ConfigurationFiles
import ProjectStore
import SlipwayCore

/// A plan and everything that was found on the way to it: what `plan`, `check` and `deploy` share.
struct PlanReport {
    let project: ProjectName?
    /// The top of the repository.
    let repository: String
    private(set) var build: Build?
    private(set) var plan: DeploymentPlan?
    private(set) var section: String?
    private(set) var skippedSections: [String] = []
    /// The sections that deploy with CodeDeploy.
    private(set) var sections: [DeploymentSection] = []
    private(set) var sizes: [ApplicationRoot: RevisionSize] = [:]
    /// Errors and warnings, those of a file in its order.
    private(set) var problems: [Problem] = []

    /// The file's name, as messages and origins have it.
    static let fileName = "circle.yml"

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// Finds out everything: the build, the file, the settings, the folders.
    ///
    /// Needs no network and no unlocker. What is wrong with what the user wrote is in `problems`;
    /// throws where the store cannot be used. Who will pack the folders need not have them measured.
    init(
        _ options: BuildOptions, _ projectOption: ProjectOption, _ store: StoreOptions,
        measuringRoots: Bool = true
    ) throws {
        project = try projectOption.resolveIfKnown()
        repository = Services.current.repository.root()
        let settings = try StoredSettings(of: project, in: store)
        do {
            build = try options.build()
        } catch let error as BuildError {
            problems += error.problems
        }
        do {
            let file = try Self.readFile(in: repository)
            sections = file.sections.filter { $0.applications != nil }
            problems += file.problems
            makePlan(options, file.sections, settings, measuringRoots)
        } catch let error as DocumentError {
            problems += error.problems
        } catch let error as Problem {
            problems.append(error)
        }
        problems = Self.namingEachSectionOnce(problems).inFileOrder
    }

    /// A section that is not ours is named once: with the build that it would have had, if so.
    private static func namingEachSectionOnce(_ problems: [Problem]) -> [Problem] {
        let overtaken = Set(problems.filter { $0.code == "section-overtaken" }.map(\.line))
        return problems.filter {
            $0.code != "section-without-codedeploy" || !overtaken.contains($0.line)
        }
    }

    private mutating func makePlan(
        _ options: BuildOptions, _ sections: [DeploymentSection], _ settings: StoredSettings,
        _ measuringRoots: Bool
    ) {
        guard let build else { return }
        let request = PlanRequest(
            owner: project?.owner, sectionName: options.section, allowsFork: options.allowFork)
        do {
            let plan = try SlipwayCore.plan(
                build: build, settings: settings.applications, sections: sections,
                request: request)
            problems += plan.warnings
            section = plan.section?.value
            skippedSections = plan.skippedSections.map(\.value)
            if measuringRoots { measure(plan) }
            self.plan = hasErrors ? nil : plan
        } catch {
            problems += error.problems
            section = error.section?.value
            skippedSections = error.skippedSections.map(\.value)
            let isMissing = error.problems.contains { $0.code == "missing-settings" }
            if isMissing, let absence = settings.absence { problems.append(absence) }
        }
    }

    private mutating func measure(_ plan: DeploymentPlan) {
        for deployment in plan.deployments {
            let root = deployment.applicationRoot
            guard sizes[root.value] == nil else { continue }
            do {
                sizes[root.value] = try Services.current.repository.size(root.value, repository)
            } catch {
                problems += Self.problems(error, with: root)
            }
        }
    }

    /// What is wrong with an application root; with a file in it, that is no matter of the line
    /// which names the root.
    static func problems(_ error: any Error, with root: Sourced<ApplicationRoot>) -> [Problem] {
        let found = (error as? any ProblemReporting)?.problems ?? []
        return found.map { $0.file == nil ? $0.at(root.origin.place) : $0 }
    }

    /// Reads `circle.yml` at the top of a repository. Throws where it is not there or is no YAML.
    static func readFile(in repository: String) throws -> CircleFile {
        let services = Services.current
        let path = "\(repository)/\(fileName)"
        guard services.repository.exists(path) else {
            throw Problem(
                code: "no-circle-yml", "there is no \(fileName) in \(UntrustedText(repository))",
                why: "its deployment: section says what is deployed where",
                fix: "write one, or run slipway inside the repository", file: fileName)
        }
        let bytes = try services.readFile(path, CircleFileReader.byteLimit + 1)
        return try bytes.withUnsafeExposedBytes { try CircleFileReader.read($0, file: fileName) }
    }
}

/// The application settings of a project, or why there are none.
struct StoredSettings {
    private(set) var applications: [ApplicationName: ApplicationSettings] = [:]
    /// What to tell where a setting is missed.
    private(set) var absence: Problem?

    /// Reads them. No store, and a project that it does not know, are no settings.
    init(of project: ProjectName?, in options: StoreOptions) throws {
        guard let project else {
            absence = Self.note(
                "no project is known, so no project settings were read",
                fix: "--project OWNER/NAME")
            return
        }
        do {
            for version in try options.open(.read).settings(in: project) {
                applications[version.application] = version.settings
            }
        } catch StoreError.missing(let path) {
            absence = Self.note(
                "there is no store at \(UntrustedText(path)), so no project settings were read",
                fix: "name it with --database or SLIPWAY_DATABASE")
        } catch StoreError.unknownProject(let name, let nearest) {
            absence = Self.note(
                "the store has no project \(name), so no project settings were read",
                fix: nearest.map { "did you mean --project \($0)?" }
                    ?? "slipway project add \(name)")
        }
    }

    private static func note(_ message: String, fix: String) -> Problem {
        Problem(.warning, code: "no-project-settings", message, fix: fix)
    }
}

extension ProjectOption {
    /// The project named or found; nil where it can only be guessed at.
    func resolveIfKnown() throws -> ProjectName? {
        do {
            return try resolve()
        } catch is UsageProblem where project == nil {
            return nil
        } catch is NameError where project == nil {
            // What CI or a remote says is no name of ours.
            return nil
        }
    }
}
