import Glibc
import InstanceAgent
import SlipwayCore
import TestSupport
import Testing

/// What an instance keeps, and what it keeps to itself.
@Suite struct InstanceTests {
    private static let files = "files:\n  - source: app\n    destination: /srv/app\n"

    @Test(arguments: [AgentDeployment.Bundle.Kind.zip, .tar, .tgz])
    func `each kind of archive keeps modes and links`(
        kind: AgentDeployment.Bundle.Kind
    ) async throws {
        let machine = Machine()
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(Self.files), "app/run": .script("true"),
                "app/secret": TreeEntry(text: "s", mode: "0600"),
                "app/link": TreeEntry(link: "secret"), "app/empty/": TreeEntry(),
            ], kind: kind)
        #expect(failure == nil)
        let tree = machine.tree
        #expect(tree["srv/app/run"]?.mode == "0755")
        #expect(tree["srv/app/secret"] == TreeEntry(text: "s", mode: "0600"))
        #expect(tree["srv/app/link"] == TreeEntry(link: "secret"))
        #expect(tree["srv/app/empty/"]?.mode == "0755")
    }

    @Test func `an archive in several files is one`() async throws {
        let machine = Machine()
        let whole = try machine.bundle([
            "appspec.yml": appSpec(Self.files), "app/x": .text("text"),
        ])
        let bytes = contents(of: whole.files[0])
        let cuts = [0, bytes.count / 3, bytes.count / 3, bytes.count - 1, bytes.count]
        let files = zip(cuts, cuts.dropFirst()).map {
            machine.folder.write("part-\($0)-\($1)", bytes[$0..<$1])
        }
        let bundle = AgentDeployment.Bundle(files: files, kind: .zip, bucket: "b", key: "k")
        let results = await machine.deploy(machine.deployment("d-1", bundle))
        #expect(results.values.allSatisfy { $0 == .succeeded })
        #expect(machine.text("srv/app/x") == "text")
    }

    @Test func `an archive that is none fails the download`() async throws {
        let machine = Machine()
        for (kind, message) in [
            (AgentDeployment.Bundle.Kind.zip, "Zip end of central directory signature not found"),
            (.tar, "Error extracting tar archive: 2"), (.tgz, "Error extracting tar archive: 2"),
        ] {
            let file = machine.folder.write("broken", "this is no archive at all, is it")
            let bundle = AgentDeployment.Bundle(files: [file], kind: kind, bucket: "b", key: "k")
            let result = await machine.agent.perform(
                .downloadBundle, of: machine.deployment("d-1", bundle))
            #expect(
                result
                    == .failed(
                        EventDiagnostics(
                            .unknownError, scriptName: "", message: message, logTail: "")))
        }
    }

    @Test func `an entry that leaves the archive is refused`() async throws {
        let machine = Machine()
        let file = machine.folder("evil.zip")
        let outcome = try Program("/usr/bin/python3").run([
            "-c",
            "import zipfile,sys; z=zipfile.ZipFile(sys.argv[1],'w'); "
                + "z.writestr('../../out','x'); z.writestr('appspec.yml','version: 0.0')", file,
        ])
        #expect(outcome.status == 0)
        let bundle = AgentDeployment.Bundle(files: [file], kind: .zip, bucket: "b", key: "k")
        let result = await machine.agent.perform(
            .downloadBundle, of: machine.deployment("d-1", bundle))
        #expect(result.status == .failed)
        #expect(result.diagnostics?.message.contains("../../out") ?? false)
        #expect(access(machine.folder("instance/deployment-root/out"), F_OK) != 0)
    }

    @Test func `ids that cannot name a folder are refused`() async throws {
        let machine = Machine()
        let bundle = AgentDeployment.Bundle(files: ["/x"], kind: .zip, bucket: "b", key: "k")
        for id in ["", ".", "..", "a/b", "a b", "a\nb"] {
            let result = await machine.agent.perform(
                .applicationStop, of: machine.deployment(id, bundle))
            #expect(result.diagnostics?.message.hasPrefix("The id ") ?? false, "\(id)")
        }
        #expect(machine.folder.names.isEmpty)
    }

    @Test func `an absolute link in the root leads within it`() async throws {
        let machine = Machine()
        let outside = machine.folder("outside")
        Machine.makeFolders(outside)
        machine.write(["srv": TreeEntry(link: outside)])
        Machine.makeFolders(machine.agent.root + outside)
        let failure = try await machine.deploy(
            "d-1", ["appspec.yml": appSpec(Self.files), "app/x": .text("x")])
        #expect(failure == nil)
        #expect(Machine.tree(outside).isEmpty)
        #expect(contents(of: machine.agent.root + outside + "/app/x") == Array("x".utf8))
    }

    @Test func `no number of dots leads out of the root`() async throws {
        let machine = Machine()
        let dots = String(repeating: "../", count: 40)
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec("files:\n  - source: x\n    destination: /\(dots)srv"),
                "x": .text("x"),
            ])
        #expect(failure == nil)
        #expect(machine.text("srv/x") == "x")
    }

    @Test func `a revision cannot copy this machine's files`() async throws {
        let machine = Machine()
        let secret = machine.folder.write("secret", "secret")
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec("files:\n  - source: etc\n    destination: /srv/a"),
                "etc": TreeEntry(link: machine.folder.path),
            ])
        // The link is copied as a link, since in the instance it leads nowhere.
        #expect(failure == nil)
        #expect(machine.tree["srv/a/etc"] == TreeEntry(link: machine.folder.path))
        #expect(access(secret, F_OK) == 0)
    }

    @Test func `five archives are kept, and the one that was installed last`() async throws {
        let machine = Machine()
        let good: [String: TreeEntry] = ["appspec.yml": appSpec("")]
        let bad: [String: TreeEntry] = ["appspec.yml": .text("version: 1.0\nos: linux\n")]
        try await machine.deploy("d-0", good)
        for number in 1...7 { try await machine.deploy("d-\(number)", bad) }
        let kept = Set(
            Machine.tree(machine.folder("instance/deployment-root/group-1")).keys
                .compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(kept == ["d-0", "d-4", "d-5", "d-6", "d-7"])
    }

    @Test func `an event that was going on when all was killed is told once`() async throws {
        let machine = Machine()
        try await machine.deploy("d-1", ["appspec.yml": appSpec("")])
        #expect(machine.agent.recover().isEmpty)
        machine.folder.write("instance/deployment-root/ongoing-deployment/d-2", "Install\n")
        let again = InstanceAgent(folder: machine.folder("instance"), hooks: .unconfined)
        let interrupted = again.recover()
        #expect(interrupted.map(\.deploymentID) == ["d-2"])
        #expect(interrupted.first?.event == .install)
        #expect(
            interrupted.first?.result
                == .failed(
                    EventDiagnostics(
                        .unknownError, scriptName: "",
                        message: "Failed: Failing in-progress lifecycle event after an agent "
                            + "restart.", logTail: "")))
        #expect(again.recover().isEmpty)
    }

    @Test func `what a killed Install had copied is cleared, but for a torn line`() async throws {
        let machine = Machine()
        try await machine.deploy("d-1", ["appspec.yml": appSpec(Self.files), "app/a": .text("a")])
        machine.write(["srv/app/b": .text("b"), "srv/app/c": .text("c")])
        machine.folder.write(
            "instance/deployment-root/deployment-instructions/group-1-cleanup",
            "/srv\n/srv/app\n/srv/app/a\n/srv/app/b\n/srv/app/c")
        let failure = try await machine.deploy("d-2", ["appspec.yml": appSpec("")])
        #expect(failure == nil)
        #expect(machine.tree.keys.sorted() == ["srv/", "srv/app/", "srv/app/c"])
    }

    @Test func `a script that takes too long is told to end, and the event does not wait`()
        async throws
    {
        let machine = Machine(second: .milliseconds(500))
        let clock = ContinuousClock()
        let start = clock.now
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    "hooks:\n  BeforeInstall:\n    - location: slow.sh\n      timeout: 10"),
                "slow.sh": .script("trap '' TERM\necho begun\nsleep 600"),
            ])
        #expect(clock.now - start < .seconds(300))
        #expect(failure?.event == .beforeInstall)
        #expect(
            failure?.diagnostics
                == EventDiagnostics(
                    .scriptTimedOut, scriptName: "slow.sh",
                    message: "Script at specified location: slow.sh failed to complete in 10 "
                        + "seconds",
                    logTail: "LifecycleEvent - BeforeInstall\nScript - slow.sh\n[stdout]begun\n"))
    }

    @Test func `the whole process group of a script is told to end`() async throws {
        // On a busy machine the child may not have come to its trap within the limit.
        for milliseconds in [200, 800, 3200] {
            let machine = Machine(second: .milliseconds(milliseconds))
            machine.write(["srv/": TreeEntry()])
            let failure = try await machine.deploy(
                "d-1",
                [
                    "appspec.yml": appSpec(
                        "hooks:\n  BeforeInstall:\n    - location: slow.sh\n      timeout: 10"),
                    "slow.sh": .script("\"${0%slow.sh}child.sh\" &\nwait"),
                    "child.sh": .script(
                        """
                        cd "$SLIPWAY_INSTANCE_ROOT/srv"
                        trap 'echo told > new; mv new ended; exit' TERM
                        sleep 60 &
                        echo > ready
                        wait
                        """),
                ])
            #expect(failure?.diagnostics.errorCode == .scriptTimedOut)
            if machine.text("srv/ready").isEmpty { continue }
            let clock = ContinuousClock()
            let limit = clock.now + .seconds(30)
            while machine.text("srv/ended").isEmpty, clock.now < limit { poll(nil, 0, 10) }
            #expect(machine.text("srv/ended") == "told\n")
            return
        }
        Issue.record("the child never came to its trap")
    }

    @Test func `what was made to be mounted upon goes when a killed process starts again`() {
        let machine = Machine()
        machine.write([
            "usr/": TreeEntry(), "bin": TreeEntry(link: "usr/bin"), "etc/passwd": .text(""),
            "etc/group": .text("own"), "srv/x": .text("x"),
        ])
        machine.folder.write(
            "instance/mount-points",
            "folder usr\nlink bin\nfolder etc\nfile etc/passwd\nfile etc/group\nfolder srv\n")
        #expect(machine.agent.recover().isEmpty)
        #expect(machine.tree.keys.sorted() == ["etc/", "etc/group", "srv/", "srv/x"])
        #expect(access(machine.folder("instance/mount-points"), F_OK) != 0)
    }

    @Test func `an event has a limit over all its scripts`() async throws {
        let machine = Machine(second: .milliseconds(200), eventSeconds: 30)
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    "hooks:\n  BeforeInstall:\n    - location: a.sh\n    - location: b.sh"),
                "a.sh": .script("true"), "b.sh": .script("sleep 60"),
            ])
        #expect(failure?.diagnostics.errorCode == .scriptTimedOut)
        #expect(
            failure?.diagnostics.message
                == "Script at specified location: b.sh failed to complete in 30 seconds")
    }

    @Test func `a child that holds an output open past the limit fails the event`() async throws {
        for (redirection, stream) in [("2>/dev/null", "STDOUT"), (">/dev/null", "STDERR")] {
            let machine = Machine(second: .milliseconds(500))
            let failure = try await machine.deploy(
                "d-1",
                [
                    "appspec.yml": appSpec(
                        "hooks:\n  AfterInstall:\n    - location: bg.sh\n      timeout: 10"),
                    "bg.sh": .script("sleep 30 \(redirection) &"),
                ])
            #expect(
                failure?.diagnostics
                    == EventDiagnostics(
                        .unknownError, scriptName: "bg.sh",
                        message: "Script at specified location: bg.sh failed to close \(stream)",
                        logTail: "LifecycleEvent - AfterInstall\nScript - bg.sh\n"))
        }
    }

    @Test func `setting the owner after the mode drops setuid`() async throws {
        let machine = Machine()
        let name = geteuid() == 0 ? "nobody" : String(cString: getpwuid(geteuid()).pointee.pw_name)
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    Self.files
                        + "permissions:\n  - object: /srv/app\n    type: [file]\n    mode: '4755'\n"
                        + "    owner: \(name)"), "app/x": .text("x"),
            ])
        #expect(failure == nil)
        #expect(machine.tree["srv/app/x"]?.mode == "0755")
        var status = stat()
        stat(machine.path("srv/app/x"), &status)
        #expect(status.st_uid == getpwnam(name).pointee.pw_uid)
    }

    @Test func `an access control list is set, and a mode of 600 makes its entry ineffective`()
        async throws
    {
        let machine = Machine()
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    Self.files
                        + "permissions:\n  - object: /srv/app\n    type: [file]\n    mode: 600\n"
                        + "    acls: ['u:nobody:rw']"), "app/x": .text("x"),
            ])
        #expect(failure == nil)
        let list = try Program("/usr/bin/getfacl").run(["-cp", machine.path("srv/app/x")]).text
        #expect(list.contains(#/user:nobody:rw-\s+#effective:---/#))
        #expect(list.contains("mask::---"))
    }

    @Test func `times and modes of files are kept`() async throws {
        let machine = Machine()
        let tree: [String: TreeEntry] = [
            "appspec.yml": appSpec(Self.files), "app/x": TreeEntry(text: "x", mode: "0640"),
        ]
        let source = machine.folder("kept-tar")
        Machine.makeFolders(source)
        Machine.write(tree, to: source)
        var times = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec()]
        times[1] = times[0]
        utimensat(AT_FDCWD, source + "/app/x", &times, 0)
        let file = machine.folder("kept.archive")
        #expect(try Program("/bin/tar").run(["-C", source, "-cf", file, "."]).status == 0)
        let bundle = AgentDeployment.Bundle(files: [file], kind: .tar, bucket: "b", key: "k")
        let results = await machine.deploy(machine.deployment("d-1", bundle))
        #expect(results[.validateService] == .succeeded)
        var status = stat()
        #expect(stat(machine.path("srv/app/x"), &status) == 0)
        #expect(status.st_mtim.tv_sec == 1_000_000_000)
        #expect(status.st_mode & 0o777 == 0o640)
    }
}
