import Glibc
import KeyVault
import ProjectStore
import SlipwayCore

/// Many processes at one store, each opening it anew for every look, as commands do.
struct Crowd {
    let store: TortureStore

    func run(seconds: Int, readers: Int, writers: Int) throws {
        try store.create()
        let owner = try store.open(.write)
        for project in Writer.projects {
            try owner.addProject(ProjectName(project))
            _ = try owner.changeSettings(of: ApplicationName("app"), in: ProjectName(project)) {
                _ in try ApplicationSettings(fields: [.region: "us-east-1"])
            }
        }
        var children: [(kind: String, Child)] = []
        for number in 0..<readers {
            children.append(
                ("read", try Child(["read-for", store.folder, String(seconds), String(number)])))
        }
        for number in 0..<writers {
            children.append(
                ("write", try Child(["write-for", store.folder, String(seconds), String(number)])))
        }
        var counts = ["read": 0, "write": 0]
        for (kind, child) in children {
            let (output, signal, status) = child.finish()
            let text = String(decoding: output, as: UTF8.self)
            guard signal == 0, status == 0, let count = Int(text.split(separator: "\n").last ?? "")
            else { fail("a process that should \(kind): \(text)") }
            counts[kind, default: 0] += count
        }
        let proof = try store.open(.read).prove()
        print("\(counts["read"]!) reads, \(counts["write"]!) writes in \(seconds) s, no error")
        print("\(proof.auditCount) audit rows")
        print("ok")
    }

    func read(seconds: Int, seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        try repeatFor(seconds) {
            let project = try ProjectName(Writer.projects.randomElement(using: &generator)!)
            let settings = try store.open(.read).settings(
                of: ApplicationName("app"), in: project)
            guard settings.settings?.region != nil else { fail("half a setting") }
        }
    }

    func write(seconds: Int, seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed) &+ 1_000_000)
        try repeatFor(seconds) {
            let project = try ProjectName(Writer.projects.randomElement(using: &generator)!)
            let number = Int.random(in: 1...99, using: &generator)
            _ = try store.open(.write).changeSettings(of: ApplicationName("app"), in: project) {
                _ in try ApplicationSettings(fields: [.region: "us-east-\(number)"])
            }
        }
    }

    /// Repeats a body for some time; an error of the store is what a user would have seen.
    private func repeatFor(_ seconds: Int, _ body: () throws -> Void) throws {
        let end = ContinuousClock.now.advanced(by: .seconds(seconds))
        var count = 0
        while ContinuousClock.now < end {
            do {
                try body()
            } catch let error as any ProblemReporting {
                fail(error.problems.map { "\($0.message); \($0.why ?? "")" }.joined())
            }
            count += 1
        }
        print(count)
    }
}
