import AWSSignature
import FoundationEssentials
import Glibc
import SlipwayCore
import TestSupport
import Testing

@testable import Sandbox

@Suite struct DoorTests {
    @Test func `a client that waits for 100 Continue gets it, and only when it may go on`()
        async throws
    {
        try await withSandbox { client in
            let body = Array("content".utf8)
            let expect = [HeaderField("Expect", "100-continue")]
            let head = try client.head("PUT", "/revisions/k", body: body, headers: expect)
            let answers = try await client.talk { connection in
                connection.write(head)
                let first = connection.read(until: "\r\n\r\n")
                connection.write(body)
                return (first, connection.read(until: "\r\n\r\n"))
            }
            #expect(answers.0 == "HTTP/1.1 100 Continue\r\n\r\n")
            #expect(answers.1.hasPrefix("HTTP/1.1 200 OK\r\n"))
            let wrong = String(decoding: head, as: UTF8.self)
                .replacing("Signature=", with: "Signature=0")
            let refused = try await client.talk { connection in
                connection.write(Array(wrong.utf8))
                return connection.readToEnd()
            }
            #expect(refused.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
            #expect(refused.contains("<Code>SignatureDoesNotMatch</Code>"))
            // Else the client might send its next request where a body may still be meant.
            #expect(refused.lowercased().contains("\r\nconnection: close\r\n"))
        }
    }

    @Test func `one connection serves many requests, also when they come at once`() async throws {
        try await withSandbox { client in
            let body = Array("content".utf8)
            let put = try client.head("PUT", "/revisions/k", body: body)
            let missing = try client.head("GET", "/revisions/none")
            let get = try client.head("GET", "/revisions/k")
            let answers = try await client.talk { connection in
                connection.write(put + body + missing + get)
                return (0..<3).map { index in
                    let head = connection.read(until: "\r\n\r\n")
                    if index == 1 { _ = connection.read(until: "</Error>") }
                    if index == 2 { return head + connection.read(until: "content") }
                    return head
                }
            }
            #expect(answers[0].hasPrefix("HTTP/1.1 200"))
            #expect(answers[1].hasPrefix("HTTP/1.1 404"))
            #expect(answers[2].hasPrefix("HTTP/1.1 200"))
            #expect(answers[2].hasSuffix("\r\n\r\ncontent"))
        }
    }

    @Test func `whoever stops in the middle of a body is told, and nothing is stored`()
        async throws
    {
        try await withSandbox(idleTimeout: .milliseconds(200)) { client in
            let head = try client.head("PUT", "/revisions/k", body: Array("content".utf8))
            let answer = try await client.talk { connection in
                connection.write(head + Array("con".utf8))
                return connection.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("<Code>RequestTimeout</Code>"))
            #expect(try await client.send("HEAD", "/revisions/k").hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `a connection that says nothing is closed`() async throws {
        try await withSandbox(idleTimeout: .milliseconds(200)) { client in
            let answer = try await client.talk { $0.readToEnd() }
            #expect(answer == "")
        }
    }

    @Test func `whoever breaks off in the middle of a body leaves nothing`() async throws {
        try await withSandbox { client in
            let head = try client.head("PUT", "/revisions/k", body: Array("content".utf8))
            _ = try await client.talk { $0.write(head + Array("con".utf8)) }
            #expect(try await client.send("HEAD", "/revisions/k").hasPrefix("HTTP/1.1 404"))
            let incoming = client.aws.stateFolder + "/s3/incoming"
            while try !FileManager.default.contentsOfDirectory(atPath: incoming).isEmpty {
                await Task.yield()
            }
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /a HTTP/1.1\r\nbad header\r\n\r\n",
        "PUT /revisions/k HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nx: " + String(repeating: "x", count: 200_000) + "\r\n\r\n",
    ])
    func `what is no request is refused`(text: String) async throws {
        try await withSandbox { client in
            let answer = try await client.talk { connection in
                connection.write(Array(text.utf8))
                return connection.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 400") || answer.hasPrefix("reset"), "\(answer)")
        }
    }

    @Test(arguments: ["/%zz", "/revisions/%FF", "/?x=%"])
    func `an address that is none is refused`(target: String) async throws {
        try await withSandbox { client in
            let answer = try await client.talk { connection in
                connection.write(Array("GET \(target) HTTP/1.1\r\nHost: x\r\n\r\n".utf8))
                return connection.readToEnd()
            }
            #expect(answer.hasPrefix("HTTP/1.1 400"))
            #expect(answer.contains("<Code>InvalidURI</Code>"))
        }
    }

    @Test func `a request to CodeDeploy reaches the service that was put in`() async throws {
        try await withSandbox { client in
            let answer = try await client.codeDeploy("GetDeployment")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains("Content-Type: application/x-amz-json-1.1"))
            #expect(answer.contains(#""operation":"GetDeployment""#))
            #expect(answer.contains(":user/slipway"))
            let fault = try await client.codeDeploy("Fail")
            #expect(fault.hasPrefix("HTTP/1.1 400"))
            #expect(fault.contains("x-amzn-ErrorType: InvalidRevisionException"))
            #expect(
                fault.hasSuffix(
                    #"{"__type":"InvalidRevisionException","message":"no \"such\" revision\n"}"#))
            let large = try await client.codeDeploy(
                "GetDeployment", body: String(repeating: " ", count: 2 << 20))
            #expect(large.hasPrefix("HTTP/1.1 413"))
        }
    }

    @Test func `a policy limits the user and not the admin`() async throws {
        let document = """
            {"Version": "2012-10-17", "Statement": {"Effect": "Allow",
             "Action": ["s3:GetObject", "codedeploy:GetDeployment"], "Resource": "*"}}
            """
        let policy = try AccessPolicy(json: Array(document.utf8))
        try await withSandbox(policy: policy) { client in
            #expect(try await client.codeDeploy("GetDeployment").hasPrefix("HTTP/1.1 200"))
            let refused = try await client.codeDeploy("StopDeployment")
            #expect(refused.hasPrefix("HTTP/1.1 400"))
            #expect(refused.contains("AccessDeniedException"))
            #expect(
                refused.contains(
                    "user/slipway is not authorized to perform: codedeploy:StopDeployment on "
                        + "resource: * because no identity-based policy allows the "
                        + "codedeploy:StopDeployment action"))
            let admin = try await client.codeDeploy("StopDeployment", isAdmin: true)
            #expect(admin.hasPrefix("HTTP/1.1 200"))
            // It may read objects, and not learn which there are.
            #expect(try await client.send("GET", "/revisions/none").hasPrefix("HTTP/1.1 403"))
            let missing = try await client.send("GET", "/revisions/none", isAdmin: true)
            #expect(missing.hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `a lost answer is of what was done, a reset is of nothing`() async throws {
        try await withSandbox { client in
            let body = Array("content".utf8)
            client.aws.faults.set([try Fault("s3.PutObject reset times=1")])
            let reset = try await client.send("PUT", "/revisions/k", body: body)
            #expect(reset == "reset \(ECONNRESET)")
            #expect(try await client.send("HEAD", "/revisions/k").hasPrefix("HTTP/1.1 404"))
            client.aws.faults.set([try Fault("s3.PutObject lost times=1")])
            let lost = try await client.send("PUT", "/revisions/k", body: body)
            #expect(lost == "reset \(ECONNRESET)")
            #expect(try await client.send("HEAD", "/revisions/k").hasPrefix("HTTP/1.1 200"))
            client.aws.faults.set([try Fault("s3.GetObject half times=1")])
            let half = try await client.send("GET", "/revisions/k")
            #expect(half.contains("Content-Length: 7\r\n"))
            #expect(half.hasSuffix("\r\n\r\ncon"))
        }
    }

    @Test func `a hanging request does not keep the sandbox from ending`() async throws {
        try await withSandbox { client in
            client.aws.faults.set([try Fault("s3.HeadObject hang")])
            let head = try client.head("HEAD", "/revisions/k")
            let connection = try TestClient.Connection(port: client.aws.port)
            connection.write(head)
            // Another request is answered meanwhile.
            #expect(try await client.send("GET", "/revisions/k").hasPrefix("HTTP/1.1 404"))
        }
    }

    @Test func `a clock that is off shows in answers and in what is refused`() async throws {
        try await withSandbox { client in
            client.aws.faults.set([try Fault("codedeploy clock=-20m")])
            let answer = try await client.codeDeploy("GetDeployment")
            #expect(answer.contains("InvalidSignatureException"))
            #expect(answer.contains("Signature not yet current"))
            let line = try #require(
                answer.split(separator: "\r\n").first { $0.hasPrefix("Date: ") })
            let date = try #require(S3Time.date(http: String(line.dropFirst("Date: ".count))))
            #expect(abs(date.timeIntervalSinceNow + 1200) < 60)
        }
    }

    @Test func `the log shows what was asked, escaped`() async throws {
        try await withSandbox { client in
            _ = try await client.send("GET", "/revisions/a%1B%5B2J%E2%80%AEb")
            let entry = try #require(client.log.all.last)
            #expect(entry.operation == "GetObject")
            #expect(entry.code == "NoSuchKey")
            #expect(
                entry.text.hasPrefix("404 s3.GetObject  revisions/a\\e[2J\\u{202E}b  NoSuchKey"))
            #expect(entry.text.contains("  by slipway  "))
        }
    }

    @Test func `the keys of another state folder are unknown`()
        async throws
    {
        try await withSandbox { one in
            try await withSandbox { other in
                let foreign = TestClient(
                    aws: LocalAWS(
                        port: other.aws.port, region: one.aws.region, stateFolder: "",
                        account: one.aws.account, faults: one.aws.faults), log: one.log)
                let answer = try await foreign.send("GET", "/revisions?list-type=2")
                #expect(answer.contains("<Code>InvalidAccessKeyId</Code>"))
            }
        }
    }

    @Test func `a state folder is for one sandbox at a time`() async throws {
        try await withSandbox { client in
            let configuration = LocalAWS.Configuration(
                stateFolder: client.aws.stateFolder, region: client.aws.region)
            await #expect(throws: SandboxError.stateInUse(client.aws.stateFolder)) {
                try await LocalAWS.withRunning(configuration) { _ in }
            }
        }
    }

    @Test func `a port that is taken is said`() async throws {
        try await withSandbox { client in
            let folder = TemporaryFolder()
            var configuration = LocalAWS.Configuration(
                stateFolder: folder("state"), region: client.aws.region)
            configuration.port = client.aws.port
            let expected = SandboxError.port(client.aws.port, message: "Address already in use")
            await #expect(throws: expected) {
                try await LocalAWS.withRunning(configuration) { _ in }
            }
        }
    }

    @Test func `an access key id names the account, as AWS's own do`() async throws {
        try await withSandbox { client in
            let account = client.aws.account
            #expect(AWSAccountID(of: account.user.accessKeyID)?.rawValue == account.id)
            #expect(AWSAccountID(of: account.admin.accessKeyID)?.rawValue == account.id)
        }
    }

    @Test(arguments: [
        ("127.0.0.1:4566", nil), ("localhost:4566", nil), ("s3.localhost", nil), ("[::1]:80", nil),
        ("bucket.localhost:4566", "bucket"), ("bucket.s3.localhost", "bucket"),
        ("my.bucket.s3.eu-west-1.localhost", "my.bucket"), ("s3.eu-west-1.amazonaws.com", nil),
        ("bucket.s3.amazonaws.com", "bucket"), ("a.b.s3.eu-west-1.amazonaws.com", "a.b"),
        ("bucket.s3-fips.dualstack.us-east-1.amazonaws.com", "bucket"), ("example.com", nil),
    ])
    func `a host's name may hold the bucket`(host: String, bucket: String?) {
        #expect(S3Address.bucket(ofHost: host) == bucket)
    }
}
