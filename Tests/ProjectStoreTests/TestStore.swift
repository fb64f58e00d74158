import FoundationEssentials
import KeyVault
import ProjectStore
import SlipwayCore
import TestSupport

/// A store in a folder of its own.
struct TestStore {
    let folder = TemporaryFolder()

    var path: String { folder("slipway.db") }

    static let author = Author(user: "ada", host: "desk")
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    init() throws {
        _ = try ProjectStore.create(
            at: path, author: Self.author, unlock: sources(), now: { Self.now })
    }

    func sources(key: String = "unlock.key") -> UnlockSources {
        UnlockSources(environment: [:], defaultKeyFile: folder(key))
    }

    func open(
        _ access: ProjectStore.Access = .write, key: String = "unlock.key", at path: String? = nil,
        author: Author = author
    ) throws -> ProjectStore {
        try ProjectStore(
            opening: path ?? self.path, for: access, author: author, unlock: sources(key: key),
            now: { Self.now })
    }

    static func keys(
        _ secret: String = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", token: String? = nil
    )
        throws -> AWSKeyPair
    {
        AWSKeyPair(
            accessKeyID: try AccessKeyID("AKIAIOSFODNN7EXAMPLE"),
            secretAccessKey: try SecretAccessKey(SecretBytes(copying: Array(secret.utf8))),
            sessionToken: try token.map { try SessionToken(SecretBytes(copying: Array($0.utf8))) })
    }

    /// Changes the file behind slipway's back, with the sqlite3 shell.
    func sqlite(_ sql: String) throws {
        let outcome = try Program("/usr/bin/sqlite3").run([path, sql])
        guard outcome.status == 0 else { throw SQLiteShellFailure(message: outcome.errorText) }
    }

    func rows(_ sql: String) throws -> [String] {
        try Program("/usr/bin/sqlite3").run([path, sql]).text
            .split(separator: "\n").map(String.init)
    }
}

struct SQLiteShellFailure: Error { let message: String }

extension ProjectName {
    static let shop = try! ProjectName("acme/shop")  // A valid name.
    static let other = try! ProjectName("acme/other")  // A valid name.
}

extension ApplicationName {
    static let app = try! ApplicationName("my-app")  // A valid name.
}

extension ProjectStore {
    /// Sets the region of an application.
    @discardableResult
    func setRegion(
        _ region: String, of application: ApplicationName = .app,
        in project: ProjectName = .shop, expecting: Int? = nil
    ) throws -> Int {
        try changeSettings(of: application, in: project, expecting: expecting) { old in
            var patch = SettingsPatch()
            patch.set(.region, to: region)
            return try patch.applied(to: old)
        }.version.version
    }
}
