import Glibc
import InstanceAgent
import SlipwayCore
import TestSupport
import Testing

/// What confined hooks see and can do.
@Suite(.enabled(if: Machine.canConfine)) struct EnclosureTests {
    private static func hook(_ event: String, _ name: String) -> String {
        "  \(event):\n    - location: \(name)\n"
    }

    /// What a hook prints, line by line, without the log's words.
    private func output(
        _ script: String, network: Bool = false, sudo: Bool = false
    ) async throws -> [String] {
        let machine = Machine(hooks: .bubblewrap(network: network))
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    "hooks:\n" + Self.hook("BeforeInstall", "a.sh")
                        + (sudo ? "      sudo: true\n" : "")), "a.sh": .script(script),
            ])
        #expect(failure == nil, "\(String(describing: failure))")
        #expect(machine.tree.isEmpty, "the root is as it was")
        return machine.log("d-1").split(separator: "\n").dropFirst(2)
            .map { String($0.dropFirst("[stdout]".count)) }
    }

    @Test func `confining can be checked before anything is deployed`() async throws {
        try await HookConfinement.bubblewrap(network: false).check()
        try await HookConfinement.unconfined.check()
    }

    @Test func `a hook can write the instance's tree and nothing of this machine's`() async throws {
        let outside = TemporaryFolder()
        let lines = try await output(
            """
            for path in /usr/x /bin/x /etc/passwd /proc/sys/kernel/hostname \(outside("x")) \\
                /opt/codedeploy-agent/deployment-root/deployment-instructions/x; do
              (echo x > $path) 2>/dev/null && echo "wrote $path"
            done
            mkdir -p /srv/a && echo x > /srv/a/x && rm -r /srv
            echo x > /tmp/x && rm /tmp/x && echo "wrote its own"
            """)
        #expect(lines == ["wrote its own"])
        #expect(outside.names.isEmpty)
    }

    @Test func `a hook is root, with little of what root can do`() async throws {
        let lines = try await output(
            """
            id -u
            mount -t tmpfs none /tmp 2>/dev/null && echo mounted
            rm -rf /run/mount
            mknod /tmp/d b 8 0 2>/dev/null && echo made
            grep NoNewPrivs /proc/self/status | cut -f2
            """)
        #expect(lines == ["0", "1"])
    }

    @Test func `a hook sees no other process, no environment of this one, and no network`()
        async throws
    {
        setenv("AWS_SECRET_ACCESS_KEY", "leak", 1)
        let lines = try await output(
            """
            env | grep -c -e AWS_ -e SLIPWAY -e leak
            ls /proc | grep -c '^[0-9]*$' | awk '{ print ($1 < 12) }'
            ls /sys/class/net 2>/dev/null; grep -c : /proc/net/dev
            """)
        #expect(lines == ["0", "1", "1"])
    }

    @Test func `a hook with the network has this machine's`() async throws {
        let ours = contents(of: "/proc/net/dev").count { $0 == UInt8(ascii: ":") }
        let lines = try await output("tr -cd : < /proc/net/dev | wc -c", network: true)
        #expect(lines == [String(ours)])
    }

    @Test func `a hook finds the archive, its variables and its folder`() async throws {
        let lines = try await output(
            """
            pwd; echo "$0"
            echo $APPLICATION_NAME $DEPLOYMENT_ID $DEPLOYMENT_GROUP_NAME $DEPLOYMENT_GROUP_ID
            echo $LIFECYCLE_EVENT $BUNDLE_BUCKET $BUNDLE_KEY $BUNDLE_VERSION $BUNDLE_ETAG
            cat | wc -c; echo $#
            """)
        #expect(
            lines == [
                "/",
                "/opt/codedeploy-agent/deployment-root/group-1/d-1/deployment-archive/a.sh",
                "my-app d-1 production group-1", "BeforeInstall bucket apps/key v-1 abcdef", "0",
                "0",
            ])
    }

    @Test func `sudo keeps the agent's variables from a script`() async throws {
        #expect(try await output("echo $DEPLOYMENT_ID $USER", sudo: true) == ["root"])
    }

    @Test func `what one hook leaves running, a later one sees and stops`() async throws {
        let machine = Machine(hooks: .bubblewrap(network: false))
        let hooks =
            Self.hook("ApplicationStart", "start.sh") + Self.hook("ValidateService", "check.sh")
            + Self.hook("ApplicationStop", "stop.sh")
        let tree: [String: TreeEntry] = [
            "appspec.yml": appSpec("hooks:\n" + hooks),
            "start.sh": .script(
                "sleep 600 > /dev/null 2>&1 < /dev/null &\nmkdir -p /run && echo $! > /run/pid"),
            "check.sh": .script("kill -0 $(cat /run/pid) && echo runs"),
            "stop.sh": .script("kill $(cat /run/pid) && rm /run/pid && echo stopped"),
        ]
        #expect(try await machine.deploy("d-1", tree) == nil)
        #expect(machine.log("d-1").hasSuffix("[stdout]runs\n"))
        let bundle = try machine.bundle(tree, name: "again")
        let result = await machine.agent.perform(
            .applicationStop, of: machine.deployment("d-2", bundle))
        #expect(result == .succeeded)
        #expect(machine.log("d-2").hasSuffix("[stdout]stopped\n"))
    }

    @Test func `a script runs as another user where the tests run as root`() async throws {
        let machine = Machine(hooks: .bubblewrap(network: false))
        let failure = try await machine.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    "hooks:\n" + Self.hook("BeforeInstall", "a.sh") + "      runas: daemon\n"),
                "a.sh": .script("id -un"),
            ])
        // The user of a system has no shell to log in with: su fails, as on any machine.
        let message =
            "Script at specified location: a.sh run as user daemon failed with exit code 1"
        #expect(failure?.diagnostics.errorCode == .scriptFailed)
        #expect(failure?.diagnostics.message == message)
        let other = Machine(hooks: .bubblewrap(network: false))
        other.write(["etc/passwd": .text("root:x:0:0::/root:/bin/sh\nweb:x:12:12::/:/bin/sh\n")])
        let second = try await other.deploy(
            "d-1",
            [
                "appspec.yml": appSpec(
                    "hooks:\n" + Self.hook("BeforeInstall", "a.sh") + "      runas: web\n"),
                "a.sh": .script("id -un; echo $DEPLOYMENT_ID"),
            ])
        if geteuid() == 0 {
            #expect(second == nil, "\(String(describing: second))")
            #expect(other.log("d-1").hasSuffix("[stdout]web\n[stdout]d-1\n"))
        } else {
            #expect(second?.diagnostics.errorCode == .scriptFailed)
        }
    }
}
