import SlipwayCore

/// The demo between the making of its folder and its removal.
///
/// Its commands are processes of their own, run by a shell: what is shown is what was run, each has
/// the environment, the signals and the exit status that it has in a CI job, and none can leave
/// anything behind in this process.
struct Demo {
    private let folder: DemoFolder
    private let services = Services.current

    init(_ folder: DemoFolder) { self.folder = folder }

    func run() throws {
        try line("The whole way on this machine: no AWS account, nothing of yours is touched.")
        try line("Everything is in \(folder.path)")
        try services.console.flush()
        try folder.writeRepository()
        let request = try request()
        // Its log tells of every request: the commands tell enough.
        _ = try services.sandbox.run(request, tellTheStory) { _ in }
    }

    private func request() throws -> SandboxRequest {
        var request = SandboxRequest(stateFolder: folder.sandbox)
        request.lasts = false
        request.setup.region = try Region("us-east-1")
        request.setup.buckets = [try .init("shop-revisions,versioned")]
        request.setup.groups = [
            try .init("shop/staging:1", instances: 1),
            try .init("shop/production:2", instances: 1),
        ]
        if let problem = services.sandbox.confinementProblems().first {
            // They are the example's own, and leave everything but their instance's folder alone.
            request.isUnconfined = true
            services.console.note(
                "Hooks run without bubblewrap here: \(problem.why ?? problem.message)")
        }
        return request
    }

    private func tellTheStory(_ sandbox: SandboxAnnouncement) throws {
        try folder.write(for: sandbox)
        try line("AWS_ENDPOINT_URL is \(sandbox.endpoint), the sandbox: a local AWS")
        let variables = folder.variables(endpoint: sandbox.endpoint)
        for (index, chapter) in DemoStory.chapters(accessKeyID: sandbox.keys.accessKeyID)
            .enumerated()
        {
            try line("")
            try line("\(index + 1). \(chapter.title)")
            for step in chapter.steps { try run(step, variables) }
        }
    }

    private func run(_ step: DemoStory.Step, _ variables: [EnvironmentValue]) throws {
        if step.isShown {
            try line("")
            for (index, part) in step.line.split(separator: "\n").enumerated() {
                try line((index == 0 ? "$ " : "") + part)
            }
            try services.console.flush()
        }
        let status: Int32?
        do {
            status = try services.demo.run(step.line, folder.repository, variables)
        } catch let error as ExecuteError {
            throw error.reported(by: services.console)
        }
        guard let status, status != ExitStatus.interrupted.rawValue else {
            services.console.note("interrupted: the sandbox ends, and what it deployed with it")
            throw EarlyExit(.interrupted)
        }
        guard status == step.status.rawValue else {
            throw Problem(
                code: "demo-step",
                "the demo stops here: that ended with \(status), not \(step.status.rawValue)",
                fix: step.line.hasPrefix("git") ? "the demo needs git: install it" : nil)
        }
        if step.isShown, step.status != .success {
            try line("(exit status \(status): the CI job fails, as it should)")
        }
    }

    private func line(_ text: String) throws { try services.console.line(text) }
}
