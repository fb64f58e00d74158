import FoundationEssentials
import Glibc
import SlipwayCore

/// Does what each line of standard input says, in JSON, and answers each with a line of JSON.
///
/// `aws-probe sign` signs requests; `aws-probe call` sends them, where the environment says.
@main
enum AWSProbe {
    static func main() async throws {
        switch CommandLine.arguments.dropFirst().first {
        case "sign":
            while let line = readLine() { answer(try SignOrder(line).result) }
        case "call":
            let calls = try Calls(environment: ProcessInfo.processInfo.environment)
            while let line = readLine() { answer(await calls.carryOut(try CallOrder(line))) }
        default: throw ProbeError.usage
        }
    }

    private static func answer(_ value: JSONValue) {
        let line = Array((value.compact + "\n").utf8)
        line.withUnsafeBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = write(1, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                guard count > 0 else { exit(74) }
                rest = rest.dropFirst(count)
            }
        }
    }
}

enum ProbeError: Error {
    case usage
    case missing(String)
}

extension Decodable {
    init(_ line: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(line.utf8))
    }
}
