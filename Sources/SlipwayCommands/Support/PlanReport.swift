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
    /// The application roots whose AppSpec was judged.
    private var judged: Set<[String]> = []
    /// Errors and warnings, those of a file in its order.
    private(set) var problems: [Problem] = []

    /// The file's name, as messages and origins have it.
    static let fileName = "circle.yml"

    var hasErrors: Bool { problems.contains { $0.severity == .error } }

    /// How much of `circle.yml` is looked into.
    enum Scope {
        /// What the build takes.
        case build
        /// All sections, and for the build what a plan says, where a branch or a tag is known.
        case everything
    }

    /// Finds out everything: the build, the file, the settings, the folders, their AppSpecs.
    ///
    /// Needs no network and no unlocker. What is wrong with what the user wrote is in `problems`;
    /// throws where the store cannot be used. Who will pack the folders need not have them measured.
    init(
        _ options: BuildOptions, _ projectOption: ProjectOption, _ store: StoreOptions,
        scope: Scope = .build, measuringRoots: Bool = true
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
            if scope == .build || build.map(options.namesWhatToTake) ?? false {
                makePlan(options, file.sections, settings, measuringRoots)
            }
            if scope == .everything { review(settings) }
        } catch {
            guard let found = (error as? any ProblemReporting)?.problems else { throw error }
            problems += found
            if scope == .everything { judgeTop() }
        }
        if hasErrors { plan = nil }
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
            for deployment in plan.deployments { judge(deployment.applicationRoot) }
            if measuringRoots { measure(plan) }
            self.plan = plan
        } catch {
            problems += error.problems
            section = error.section?.value
            skippedSections = error.skippedSections.map(\.value)
            if error.missesSettings, let absence = settings.absence { problems.append(absence) }
            // Without a plan its AppSpecs are judged all the same, as far as their roots are known.
            let taken = sections.filter { $0.name.value == section }
            for root in SectionReview(of: taken, settings: settings.applications).roots {
                judge(root)
            }
        }
    }

    private mutating func measure(_ plan: DeploymentPlan) {
        for deployment in plan.deployments {
            let root = deployment.applicationRoot
            guard sizes[root.value] == nil else { continue }
            let size = attempt(at: root.origin) { repository in
                try Services.current.repository.size(root.value, repository)
            }
            if let size { sizes[root.value] = size }
        }
    }

    /// Looks into the sections that the build does not take.
    private mutating func review(_ settings: StoredSettings) {
        let others = sections.filter { $0.name.value != section }
        let review = SectionReview(
            of: others, settings: settings.absence == nil ? settings.applications : nil)
        // The plan misses a group wherever it is missing; the review misses all else with it.
        problems.removeAll { known in
            known.code == "missing-settings" && review.problems.contains { $0.hasPlace(of: known) }
        }
        problems += review.problems
        for root in review.roots { judge(root) }
        if review.lacksRoot, settings.absence != nil { judgeTop() }
    }

    /// Judges the AppSpec at the top of the repository, if there is one: nobody says whether it is
    /// the one that counts.
    private mutating func judgeTop() {
        guard let top = try? ApplicationRoot("/"),
            Services.current.repository.exists("\(repository)/\(AppSpecCheck.fileName)")
        else { return }
        judge(Sourced(top, from: .builtIn))
    }

    /// Judges the AppSpec of an application root, once.
    private mutating func judge(_ root: Sourced<ApplicationRoot>) {
        guard judged.insert(root.value.pathComponents).inserted else { return }
        let folder = attempt(at: root.origin) { repository in
            try Services.current.repository.folder(root.value, repository)
        }
        guard let folder else { return }
        let reading = AppSpecCheck.check(Services.current.fileTree(folder))
        let path = (root.value.pathComponents + [reading.fileName]).joined(separator: "/")
        problems += reading.problems(file: path).map { problem in
            guard problem.code == "appspec-missing" else { return problem }
            var missing = problem.at(root.origin.place)
            missing.message =
                "the application root \(UntrustedText(root.value.rawValue)) has no \(AppSpecCheck.fileName)"
            return missing
        }
    }

    /// What a closure returns; nil where it throws, which is a problem of the root's place then,
    /// told once.
    private mutating func attempt<Value>(
        at origin: ValueOrigin, _ body: (_ repository: String) throws -> Value
    ) -> Value? {
        do {
            return try body(repository)
        } catch {
            problems += Self.problems(error, at: origin).filter { !problems.contains($0) }
            return nil
        }
    }

    /// What is wrong with an application root; with a file in it, that is no matter of the line
    /// which names the root.
    static func problems(_ error: any Error, with root: Sourced<ApplicationRoot>) -> [Problem] {
        let found = (error as? any ProblemReporting)?.problems ?? []
        return found.map { $0.file == nil ? $0.at(root.origin.place) : $0 }
    }

    /// What is wrong with an application root; with a file in it, that is no matter of the line
    /// which names the root.
    static func problems(_ error: any Error, at origin: ValueOrigin) -> [Problem] {
        let found = (error as? any ProblemReporting)?.problems ?? []
        return found.map { $0.file == nil ? $0.at(origin.place) : $0 }
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

extension Problem {
    /// Whether it is of the same kind and at the same place as another.
    fileprivate func hasPlace(of other: Problem) -> Bool {
        (code, file, line, column) == (other.code, other.file, other.line, other.column)
    }
}

extension BuildOptions {
    /// Whether there is something that a section can match.
    fileprivate func namesWhatToTake(_ build: Build) -> Bool {
        section != nil || build.branch != nil || build.tag != nil
    }
}

extension ProjectOption {
    /// The project named or found; nil where it can only be guessed at.
    func resolveIfKnown() throws -> ProjectName? {
        if project != nil { return try resolve() }
        return try Self.foundIfKnown()
    }

    /// The project found; nil where it can only be guessed at.
    static func foundIfKnown() throws -> ProjectName? {
        do {
            return try found()
        } catch is UsageProblem {
            return nil
        } catch is NameError {
            // What CI or a remote says is no name of ours.
            return nil
        }
    }
}
