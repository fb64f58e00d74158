import ProjectStore
import SlipwayCore

/// The AWS keys that a command works with, and where they are from.
struct AWSKeys {
    let pair: AWSKeyPair
    /// What is worth saying about where they are from; nil for the project's own.
    let notice: Problem?
    /// The store that the project's own are from, opened to be changed.
    let store: ProjectStore?

    /// The project's own keys, or else the standard variables of the environment.
    ///
    /// Opening the project's writes into the audit log what for. Throws where there are neither, and
    /// where the project's are there and cannot be opened.
    init(
        of project: ProjectName?, in store: StoreOptions, for purpose: String
    ) throws {
        let environment = try Self.fromEnvironment()
        guard let project else {
            guard let environment else { throw Self.missing(nil) }
            self.init(pair: environment, notice: Self.notice("no project is known"))
            return
        }
        do {
            // Whether there are any can be told without an unlocker.
            _ = try store.open(.read).keysSummary(of: project)
            let store = try store.open(.write)
            let pair = try store.readKeys(of: project, for: purpose)
            self.init(pair: pair, notice: nil, store: store)
        } catch let error as StoreError {
            let reason: String
            switch error {
            case .missing, .unknownProject: reason = "the store does not know \(project)"
            case .noKeys: reason = "\(project) has none in the store"
            case .notWritable:
                // Reading a secret is logged, or it is refused.
                guard environment != nil else { throw error }
                reason = "the store cannot be written, so no secret can be read from it"
            default: throw error
            }
            guard let environment else { throw Self.missing(project) }
            self.init(pair: environment, notice: Self.notice(reason))
        }
    }

    private init(pair: AWSKeyPair, notice: Problem?, store: ProjectStore? = nil) {
        self.pair = pair
        self.notice = notice
        self.store = store
    }

    /// Whether there are any in the environment, of whatever kind.
    static var areInEnvironment: Bool { inEnvironment != nil }

    /// As they are written there.
    private static var inEnvironment: (id: String, secret: String)? {
        let services = Services.current
        guard let id = services.variable("AWS_ACCESS_KEY_ID"),
            let secret = services.variable("AWS_SECRET_ACCESS_KEY")
        else { return nil }
        return (id, secret)
    }

    private static func fromEnvironment() throws -> AWSKeyPair? {
        guard let (id, secret) = inEnvironment else { return nil }
        let token = Services.current.variable("AWS_SESSION_TOKEN")
        return AWSKeyPair(
            accessKeyID: try AccessKeyID(id),
            secretAccessKey: try SecretAccessKey(SecretBytes(copying: Array(secret.utf8))),
            sessionToken: try token.map { (text) throws(AWSKeyError) in
                try SessionToken(SecretBytes(copying: Array(text.utf8)))
            })
    }

    private static func notice(_ reason: String) -> Problem {
        Problem(
            .warning, code: "keys-from-environment", "the AWS keys are the environment's",
            why: reason)
    }

    private static func missing(_ project: ProjectName?) -> Problem {
        Problem(
            code: "no-keys", "there are no AWS keys\(project.map { " for \($0)" } ?? "")",
            why: "neither the store nor AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY have any",
            fix: "slipway keys set ACCESS_KEY_ID --project "
                + (project?.rawValue ?? "OWNER/NAME"))
    }
}
