import ArgumentParser
import ConfigurationFiles
import SlipwayCore

struct SandboxCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sandbox",
        abstract: "Run a local AWS: S3, CodeDeploy, STS, and instances that really deploy.",
        discussion: """
            Listens on 127.0.0.1 until it is interrupted, or until the command behind -- ends, \
            which gets the sandbox's address and keys in its environment and whose exit status it \
            takes over. Prints the variables that lead any AWS client to it. What it holds stays \
            in the state folder.

            Examples:
              slipway sandbox --bucket revisions,versioned --group my-app/staging:3
              slipway sandbox -- aws s3 mb s3://revisions
              slipway sandbox --policy policy.json --json

            A fault is SERVICE, SERVICE.OPERATION or *, then what happens: throttle, unavailable, \
            internal, deny, hang, reset (nothing was done), lost (it was done, no answer comes), \
            half (half of the answer comes), latency=200ms, clock=-20m, region=eu-west-1; and how \
            often: every=3, times=1, after=2.
              slipway sandbox --fault 'codedeploy.GetDeployment throttle every=3'

            A fault of an instance is APPLICATION/GROUP:NUMBER, or APPLICATION/GROUP for all, then \
            stopped, silent, silent=EVENT or failing=EVENT.
              slipway sandbox --group my-app/staging:3 --fault 'my-app/staging:2 failing=Install'

            The file `faults` in the state folder holds more of both, one a line, and is read again \
            whenever it changes. One that is wrong is said, and nothing in it counts.

            A rehearsal with many instances: nothing is run, but every event takes its time.
              slipway sandbox --simulate --event-seconds 2-8 --group my-app/production:1000
            """)

    @Option(help: ArgumentHelp("The port; else one that is free.", valueName: "port"))
    var port = 0
    @Option(
        help: ArgumentHelp(
            "What keeps everything; else ~/.local/share/slipway/sandbox.", valueName: "folder"))
    var state: String?
    @Option(help: ArgumentHelp("The region; else us-east-1.", valueName: "region"))
    var region: String?
    @Option(
        help: ArgumentHelp(
            "An IAM policy that limits the keys; keys without limits are printed beside them.",
            valueName: "file"))
    var policy: String?
    @Option(
        help: ArgumentHelp(
            "A bucket: NAME, NAME,versioned or NAME,region=REGION. Repeatable.",
            valueName: "bucket"))
    var bucket: [String] = []
    @Option(
        help: ArgumentHelp("A CodeDeploy application. Repeatable.", valueName: "application"))
    var application: [String] = []
    @Option(
        help: ArgumentHelp(
            "A deployment group: APPLICATION/GROUP or APPLICATION/GROUP:INSTANCES. Repeatable.",
            valueName: "group"))
    var group: [String] = []
    @Option(
        help: ArgumentHelp(
            "How many instances a group has that does not say.", valueName: "number"))
    var instances = 1
    @Option(help: ArgumentHelp("A YAML file with all of this.", valueName: "file"))
    var config: String?
    @Option(
        help: ArgumentHelp("Something that goes wrong on purpose. Repeatable.", valueName: "fault"))
    var fault: [String] = []
    @Flag(help: "Let hooks use the network.")
    var hookNetwork = false
    @Flag(help: "Run hooks without bubblewrap: they can do what you can.")
    var unconfined = false
    @Flag(help: "Run no hooks and copy no files: for rehearsals with many instances.")
    var simulate = false
    @Option(
        help: ArgumentHelp(
            "How long each event takes with --simulate: 3, or 2-8 for each its own time.",
            valueName: "seconds"))
    var eventSeconds: String?
    @OptionGroup var output: JSONOption
    @Argument(parsing: .postTerminator, help: "A command to run in it, behind --.")
    var command: [String] = []

    func run() throws {
        let services = Services.current
        let console = services.console
        var request = SandboxRequest(stateFolder: stateFolder)
        request.port = try checkedPort()
        request.setup = try setup()
        request.policy = try policy.map { try read($0) }
        request.instances = instances
        request.allowsHookNetwork = hookNetwork
        request.isUnconfined = unconfined
        request.isSimulated = simulate
        request.pace = try pace()
        request.command = command
        let status: Int32
        do {
            status = try services.sandbox.run(request, whenListening) { console.note($0) }
        } catch let error as ExecuteError {
            throw error.reported(by: console)
        }
        if status != 0 { throw EarlyExit(foreign: status) }
    }

    private func whenListening(_ announcement: SandboxAnnouncement) throws {
        let console = Services.current.console
        console.note("sandbox: \(announcement.endpoint), \(announcement.region)")
        console.note("its state is in \(announcement.stateFolder)")
        if output.json {
            try console.document(announcement.json(showsAdmin: policy != nil).compact + "\n")
        } else if command.isEmpty {
            try console.raw(
                EnvironmentFormat.shell.text(
                    announcement.environment, unset: SandboxAnnouncement.stale))
            console.note("end it with Ctrl-C")
        }
        try console.flush()
    }

    private var stateFolder: String {
        state ?? Services.current.folder("XDG_DATA_HOME", else: ".local/share")
            + "/slipway/sandbox"
    }

    private func checkedPort() throws -> Int {
        guard (0...65_535).contains(port) else {
            throw UsageProblem(
                Problem(
                    code: "port", "\(port) is not a port", fix: "write a number from 1 to 65535"))
        }
        return port
    }

    private func pace() throws -> EventPace? {
        guard let eventSeconds else { return nil }
        guard simulate else {
            throw UsageProblem(
                Problem(
                    code: "event-seconds", "--event-seconds is only for simulated instances",
                    why: "the events of others take as long as their scripts do",
                    fix: "add --simulate, or leave it out"))
        }
        return try EventPace(eventSeconds)
    }

    private func setup() throws -> SandboxSetup {
        var setup = SandboxSetup()
        if let config {
            setup = try SandboxFileReader.read(try read(config), file: config)
        }
        guard (0...SandboxSetup.instanceLimit).contains(instances) else {
            throw SandboxSetupError.instances(String(instances))
        }
        var flags = SandboxSetup()
        flags.region = try region.map { try Region($0) }
        flags.buckets = try bucket.map { try SandboxSetup.Bucket($0) }
        flags.applications = try application.map { try ApplicationName($0) }
        flags.groups = try group.map { try SandboxSetup.Group($0, instances: instances) }
        flags.faults = fault
        setup.add(flags)
        return setup
    }

    private func read(_ path: String) throws -> [UInt8] {
        try Services.current.readFile(path, 1 << 20).withUnsafeExposedBytes { Array($0) }
    }
}
