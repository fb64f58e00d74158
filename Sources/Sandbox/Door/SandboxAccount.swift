import AWSSignature
import FoundationEssentials
import Glibc
package import SlipwayCore

/// The account that a sandbox plays, and the keys of its users.
///
/// Random for each state folder, and kept in it.
package struct SandboxAccount: Sendable {
    /// Twelve digits.
    package let id: String
    /// Whose keys are handed out, and whom `--policy` limits.
    package let user: AWSKeyPair
    /// May do anything, also where a policy is enforced.
    package let admin: AWSKeyPair
    /// What the secrets of role sessions are derived from.
    let sessionSecret: SecretAccessKey

    package static let userName = "slipway"
    package static let adminName = "admin"

    /// Reads the account of a state folder, or makes one up.
    ///
    /// Throws ``SandboxError`` where it cannot be read or kept.
    package static func load(from path: String) throws -> SandboxAccount {
        if let record = DurableFile.read(Record.self, from: path) {
            do {
                return try SandboxAccount(record)
            } catch {
                throw SandboxError.damagedState(path)
            }
        }
        guard access(path, F_OK) != 0 else { throw SandboxError.damagedState(path) }
        let record = Record.random()
        do throws(Refusal) {
            try DurableFile.write(record, to: path, by: "\(path).\(randomName(length: 12)).tmp")
        } catch {
            throw SandboxError.state(path, message: error.fault.message)
        }
        return try SandboxAccount(record)
    }

    private init(_ record: Record) throws {
        id = record.account
        user = try record.user.pair
        admin = try record.admin.pair
        sessionSecret = try SecretAccessKey(SecretBytes(copying: record.sessionSecret.utf8))
    }

    private struct Record: Codable {
        let account: String
        let user: Keys
        let admin: Keys
        let sessionSecret: String

        struct Keys: Codable {
            let id: String
            let secret: String

            var pair: AWSKeyPair {
                get throws {
                    AWSKeyPair(
                        accessKeyID: try AccessKeyID(id),
                        secretAccessKey: try SecretAccessKey(SecretBytes(copying: secret.utf8)),
                        sessionToken: nil)
                }
            }
        }

        static func random() -> Record {
            let number = UInt64.random(in: 100_000_000_000..<1_000_000_000_000)
            return Record(
                account: String(number),
                user: Keys(
                    id: accessKeyID("AKIA", account: number), secret: randomName(length: 40)),
                admin: Keys(
                    id: accessKeyID("AKIA", account: number), secret: randomName(length: 40)),
                sessionSecret: randomName(length: 40))
        }
    }

    /// An id as AWS makes them: behind the prefix a set bit, 40 bits of account, 39 at random.
    static func accessKeyID(_ prefix: String, account: UInt64) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
        var high = 1 << 40 | account  // 41 bits; with the next 4, nine digits.
        high = high << 4 | UInt64.random(in: 0..<16)
        var digits = (0..<9).reversed().map { alphabet[Int(high >> ($0 * 5) & 31)] }
        digits += (0..<7).map { _ in alphabet[Int.random(in: 0..<32)] }
        return prefix + String(decoding: digits, as: UTF8.self)
    }

    /// The ARN of a user.
    func arn(ofUser name: String, partition: String) -> String {
        "arn:\(partition):iam::\(id):user/\(name)"
    }
}
