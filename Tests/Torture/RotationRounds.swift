import Glibc
import KeyVault
import ProjectStore
import SlipwayCore

/// Kills rotations at every batch boundary and at random points; everything must open with every
/// unlocker after each, and the next run must finish.
struct RotationRounds {
    let store: TortureStore

    private static let batch = 50

    func run(secrets: Int, points: Int) throws {
        try store.create()
        let owner = try store.open(.write)
        for number in 0..<secrets {
            let project = try ProjectName("acme/project-\(number)")
            try owner.addProject(project)
            _ = try owner.saveKeys(Self.keys(number), of: project)
        }
        let second = try KeyFile.create(at: store.folder + "/second.key")
        _ = try owner.addUnlocker(second, kind: .key, label: "second")

        var kills = 0
        // begin, one a batch: the last boundary has nothing left but to forget the old key.
        for boundary in 0...(secrets + Self.batch - 1) / Self.batch {
            try killed(["rotate-once", store.folder, String(Self.batch), String(boundary)])
            kills += 1
            try checkEverythingOpens(secrets)
            try finish()
        }
        let whole = try duration {
            try finishChild(["rotate-once", store.folder, String(Self.batch), "-1"])
        }
        var early = 0
        var randomKills = 0
        while randomKills < points {
            let child = try Child(["rotate-once", store.folder, String(Self.batch), "-1"])
            usleep(UInt32.random(in: 0...UInt32(whole)))
            child.kill()
            if child.finish().signal == SIGKILL { randomKills += 1 } else { early += 1 }
            try checkEverythingOpens(secrets)
        }
        try finish()
        try checkEverythingOpens(secrets)
        print(
            "\(kills) kills at batch boundaries, \(randomKills) at random, over \(secrets) secrets")
        print("\(early) rotations finished first")
        print("ok")
    }

    /// The child: rotates, and kills itself after some batches.
    func rotateOnce(batch: Int, dieAfter: Int) throws {
        var batches = 0
        _ = try store.open(.write).rotate(batchSize: batch) { _ in
            if batches == dieAfter { kill(getpid(), SIGKILL) }
            batches += 1
        }
    }

    private static func keys(_ number: Int) throws -> AWSKeyPair {
        let text = Array("secret-number-\(number)-".utf8)
        let secret = text + Array(repeating: UInt8(ascii: "x"), count: max(0, 40 - text.count))
        return AWSKeyPair(
            accessKeyID: try AccessKeyID("AKIAIOSFODNN7EXAMPLE"),
            secretAccessKey: try SecretAccessKey(SecretBytes(copying: secret)),
            sessionToken: number % 3 == 0
                ? try SessionToken(SecretBytes(copying: Array("token-\(number)".utf8))) : nil)
    }

    private func killed(_ arguments: [String]) throws {
        guard try Child(arguments).finish().signal == SIGKILL else { fail("\(arguments) lived") }
    }

    private func finishChild(_ arguments: [String]) throws {
        let (_, signal, status) = try Child(arguments).finish()
        guard signal == 0, status == 0 else { fail("\(arguments) ended with \(signal), \(status)") }
    }

    private func finish() throws {
        _ = try store.open(.write).rotate()
        let generations = try store.open(.read).info().generations
        guard generations.count == 1 else { fail("\(generations.count) generations are left") }
    }

    private func checkEverythingOpens(_ secrets: Int) throws {
        for key in ["unlock.key", "second.key"] {
            let proof = try store.open(.read, key: key).prove()
            guard proof.secretCount == secrets + (secrets + 2) / 3 else {
                fail("\(proof.secretCount) secrets open with \(key)")
            }
        }
    }

    /// Microseconds that a body takes.
    private func duration(_ body: () throws -> Void) throws -> Int {
        let took = try ContinuousClock().measure(body)
        return Int(took.components.seconds) * 1_000_000
            + Int(took.components.attoseconds / 1_000_000_000_000)
    }
}
