import DeployEngine
import FoundationEssentials
import SlipwayCore
import Synchronization

/// What the doctor looks at in AWS. Only looks: nothing is made, and nothing left behind.
struct DoctorOnAWS: Sendable {
    /// An application in a region: its groups that `circle.yml` names, and where its revisions go.
    struct Subject: Sendable {
        var application: ApplicationName
        var region: Region
        var groups: [DeploymentGroup] = []
        var locations: [Location] = []
    }

    struct Location: Equatable, Sendable {
        var bucket: BucketName
        var keyPattern: KeyPattern
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
        for location in subject.locations {
            checks.append(await bucket(location, subject, connection))
        }
        return checks
    }

    private func bucket(
        _ location: Location, _ subject: Subject, _ connection: AWSConnection
    ) async -> DoctorCheck {
        let bucket = location.bucket
        let pattern = location.keyPattern
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
            if pattern.isUnique { return .passed(name, place) }
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

extension DoctorOnAWS.Subject {
    /// What the sections deploy, filled up by the applications' settings, and the applications that
    /// have only settings. What no region is known of is left out.
    static func all(
        _ sections: [DeploymentSection], _ settings: [ApplicationName: ApplicationSettings]
    ) -> [DoctorOnAWS.Subject] {
        var all: [DoctorOnAWS.Subject] = []
        func add(
            _ application: ApplicationName, _ region: Region?, _ group: DeploymentGroup?,
            _ location: DoctorOnAWS.Location?
        ) {
            guard let region else { return }
            var index = all.firstIndex { $0.application == application && $0.region == region }
            if index == nil {
                index = all.count
                all.append(DoctorOnAWS.Subject(application: application, region: region))
            }
            guard let index else { return }
            if let group, !all[index].groups.contains(group) { all[index].groups.append(group) }
            if let location, !all[index].locations.contains(location) {
                all[index].locations.append(location)
            }
        }
        for section in sections.flatMap({ $0.applications ?? [] }) {
            let stored = settings[section.application.value]
            let written = section.revisionLocation.placed.map {
                DoctorOnAWS.Location(
                    bucket: $0.value.bucket.value, keyPattern: $0.value.keyPattern.value)
            }
            add(
                section.application.value, section.region.placed?.value ?? stored?.region,
                section.deploymentGroup.placed?.value, written ?? stored?.location)
        }
        for (application, stored) in settings.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where !all.contains(where: { $0.application == application }) {
            add(application, stored.region, nil, stored.location)
        }
        return all
    }
}

extension ApplicationSettings {
    fileprivate var location: DoctorOnAWS.Location? {
        revisionLocation.map {
            DoctorOnAWS.Location(bucket: $0.bucket, keyPattern: $0.keyPattern)
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
