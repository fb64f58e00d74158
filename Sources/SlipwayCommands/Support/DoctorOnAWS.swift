import DeployEngine
import FoundationEssentials
import SlipwayCore
import Synchronization

/// What the doctor looks at in AWS. Only looks: nothing is made, and nothing left behind.
struct DoctorOnAWS: Sendable {
    /// An application, its place, and the groups that `circle.yml` names for it.
    struct Subject: Sendable {
        var application: ApplicationName
        var region: Region
        var bucket: BucketName?
        var keyPattern: KeyPattern?
        var groups: [DeploymentGroup]
    }

    private let keys: AWSKeyPair
    private let services: AWSServices
    private let subjects: [Subject]

    init(_ keys: AWSKeyPair, _ services: AWSServices, _ subjects: [Subject]) {
        self.keys = keys
        self.services = services
        self.subjects = subjects
    }

    /// Asks AWS. Where the first answer does not come, the others are not asked for.
    func checks() async -> [DoctorCheck] {
        let skew = FoundSkew()
        let connection: AWSConnection
        do {
            connection = try services.connect(keys, .few) { problem in
                if problem.code == "clock-skew" { skew.found(problem) }
            }
        } catch {
            return [.failed("AWS", error)]
        }
        let region = subjects.first?.region ?? Self.anyRegion
        do {
            let identity = try await connection.identity(region)
            let account = identity.account.map { " of account \($0)" } ?? ""
            var checks = [
                DoctorCheck.passed("AWS", "the keys are \(identity.arn)\(account)"),
                clock(skew.problem),
            ]
            for subject in subjects { checks += await self.checks(subject, connection) }
            if !subjects.isEmpty {
                checks.append(
                    .unknown(
                        "uploading", "trying it would leave something behind in the bucket",
                        fix: "slipway iam-policy shows what the AWS keys must be allowed"))
            }
            return checks
        } catch {
            return [.asked("AWS", error)]
        }
    }

    private static let anyRegion = try! Region("us-east-1")  // A valid region.

    private func clock(_ skew: Problem?) -> DoctorCheck {
        guard let skew else { return .passed("clock", "AWS takes its time") }
        return DoctorCheck(
            name: "clock", outcome: .failed, detail: skew.message, why: skew.why, fix: skew.fix)
    }

    private func checks(_ subject: Subject, _ connection: AWSConnection) async -> [DoctorCheck] {
        let name = subject.application
        let operations = connection.operations(subject.region)
        var checks: [DoctorCheck] = []
        do {
            try await operations.checkApplication(name)
            checks.append(.passed("application \(name)", "it is in \(subject.region)"))
        } catch {
            checks.append(.asked("application \(name)", error))
        }
        for group in subject.groups {
            do {
                _ = try await operations.group(name, group)
                checks.append(.passed("group \(group)", "\(name) has it"))
            } catch {
                checks.append(.asked("group \(group)", error))
            }
        }
        if let bucket = subject.bucket {
            checks.append(await self.bucket(bucket, subject, connection))
        }
        return checks
    }

    private func bucket(
        _ bucket: BucketName, _ subject: Subject, _ connection: AWSConnection
    ) async -> DoctorCheck {
        let name = "bucket \(bucket)"
        do {
            let found = try await connection.bucketRegion(bucket, subject.region)
            if let found, found != subject.region {
                return DoctorCheck(
                    name: name, outcome: .failed, detail: "it is in \(found)",
                    why: "instances read a revision from a bucket of their own region",
                    fix: "use a bucket in \(subject.region), or set the region to \(found)")
            }
            let place = "it is in \(subject.region)"
            guard let pattern = subject.keyPattern, !pattern.isUnique else {
                return .passed(name, place)
            }
            return try await connection.keepsVersions(bucket, subject.region)
                ? .passed(name, "\(place), and keeps versions")
                : DoctorCheck(
                    name: name, outcome: .failed,
                    detail: "it keeps no versions, and \(pattern.rawValue) is one key for all",
                    why: "each revision overwrites the one before, which running deployments read",
                    fix: "switch versioning on, or put {SHORT_COMMIT} into the key pattern")
        } catch {
            return .asked(name, error)
        }
    }
}

extension KeyPattern {
    /// Whether each commit or build has a key of its own.
    fileprivate var isUnique: Bool {
        contains(.commit) || contains(.shortCommit) || contains(.buildNumber)
    }
}

/// Where it is kept that the clock is off.
private final class FoundSkew: Sendable {
    private let found = Mutex<Problem?>(nil)

    var problem: Problem? { found.withLock(\.self) }

    func found(_ problem: Problem) { found.withLock { $0 = problem } }
}
