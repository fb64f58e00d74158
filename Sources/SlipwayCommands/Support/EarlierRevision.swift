import DeployEngine
import ProjectStore
import SlipwayCore

extension DeploymentInfo {
    /// What rolls this deployment back: the last revision that its group had before and whose content
    /// is another. AWS knows it, or else the history of the project does, whose newest deployment
    /// comes first; it is asked for only where it is needed.
    ///
    /// Throws where neither knows one: the same content once more would be no way back.
    func earlierRevision(
        in region: Region, else history: () throws -> [DeploymentRecord]
    ) throws -> S3Location {
        if case .s3(let location) = previousRevision, isWayBack(location) { return location }
        let older = try history().drop { $0.deployment != id }.dropFirst()
        let found = older.first { record in
            guard let location = record.revision, record.outcome == .succeeded else { return false }
            return record.attempt.region == region
                && record.attempt.application == application
                && record.attempt.deploymentGroup == deploymentGroup
                && isWayBack(location)
        }
        if let location = found?.revision { return location }
        throw Problem(
            code: "no-earlier-revision", "no other revision is known that succeeded before \(id)",
            why: "neither AWS nor the store's history has one whose content is another",
            fix: "deploy an older commit with slipway deploy")
    }

    private func isWayBack(_ location: S3Location) -> Bool {
        revision.map { !Revision.s3(location).hasSameContent(as: $0) } ?? true
    }
}
