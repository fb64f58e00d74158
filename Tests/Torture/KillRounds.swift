import Glibc
import KeyVault
import ProjectStore
import SlipwayCore

/// A writer that says what it has done once it is done: what it said must never be lost.
struct Writer {
    let store: TortureStore

    static let projects = (0..<8).map { "acme/project-\($0)" }

    func writeForEver(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let open = try store.open(.write)
        while true {
            let project = try ProjectName(Self.projects.randomElement(using: &generator)!)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                let secret = (0..<40).map { _ in UInt8.random(in: 33...126, using: &generator) }
                let keys = AWSKeyPair(
                    accessKeyID: try AccessKeyID("AKIAIOSFODNN7EXAMPLE"),
                    secretAccessKey: try SecretAccessKey(SecretBytes(copying: secret)),
                    sessionToken: nil)
                let saved = try open.saveKeys(keys, of: project)
                say("keys \(project) \(saved.version)")
            } else {
                let number = Int.random(in: 0..<1_000_000, using: &generator)
                let application = try ApplicationName("app-\(number % 5)")
                let (version, _) = try open.changeSettings(of: application, in: project) { old in
                    var patch = SettingsPatch()
                    patch.set(.applicationRoot, to: "/\(number)")
                    return try patch.applied(to: old)
                }
                let root = version.settings?[.applicationRoot] ?? ""
                say("settings \(project) \(application) \(version.version) \(root)")
            }
        }
    }

    private func say(_ line: String) {
        let bytes = Array((line + "\n").utf8)
        guard write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else { exit(1) }
    }
}

/// Kills a writer at random moments, and looks for what it had said it did.
struct KillRounds {
    let store: TortureStore

    func run(rounds: Int) throws {
        try store.create()
        let owner = try store.open(.write)
        for project in Writer.projects { try owner.addProject(ProjectName(project)) }
        var acknowledged = 0
        for round in 1...rounds {
            let child = try Child(["write", store.folder, String(round)])
            var said = child.waitForOutput()
            usleep(UInt32.random(in: 0...30_000))
            child.kill()
            let (rest, signal, _) = child.finish()
            guard signal == SIGKILL else { fail("the writer ended by itself in round \(round)") }
            said += rest
            let lines = String(decoding: said, as: UTF8.self).split(separator: "\n")
            for line in lines { try check(line, round: round) }
            acknowledged += lines.count
            if round % 50 == 0 || round == rounds { try checkWhole() }
        }
        print("\(rounds) kills, \(acknowledged) acknowledged changes, none lost")
        print("ok")
    }

    /// What was said must be in the store as it was said.
    private func check(_ line: Substring, round: Int) throws {
        let words = line.split(separator: " ").map(String.init)
        let open = try store.open(.read)
        let project = try ProjectName(words[1])
        switch words[0] {
        case "keys":
            let version = try open.keysSummary(of: project).version
            guard version >= Int(words[2])! else { fail("round \(round): lost \(line)") }
        default:
            let history = try open.history(of: ApplicationName(words[2]), in: project)
            let version = history.first { $0.version == Int(words[3])! }
            guard version?.settings?[.applicationRoot] == words[4] else {
                fail("round \(round): lost \(line)")
            }
        }
    }

    /// No change half done: each has its one audit row, all secrets open, and the file is sound.
    private func checkWhole() throws {
        let open = try store.open(.read)
        let proof = try open.prove()
        var versions = 0
        for project in Writer.projects {
            for settings in try open.settings(in: ProjectName(project)) {
                versions += settings.version
            }
        }
        var rows = 0
        try open.forEachAuditEntry(project: nil, limit: nil) {
            if $0.action == "settings-set" { rows += 1 }
        }
        guard versions == rows else { fail("\(versions) versions, \(rows) audit rows") }
        guard proof.secretCount <= Writer.projects.count else {
            fail("\(proof.secretCount) secrets")
        }
    }
}

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
