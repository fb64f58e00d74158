import DeployEngine
import ProjectStore
import SlipwayCore

extension AWSSession {
    /// What came of an order to stop.
    struct StopAnswer {
        var status: StopStatus
        /// Who gave it, as the store has it now; nil where it keeps no such project.
        var stop: DeploymentStop?
        /// What to say where it could not be written down.
        var notice: Problem?
    }

    /// Stops a deployment and writes down who did, since AWS does not tell the others.
    ///
    /// A store that refuses does not keep anybody from stopping. AWS operation: `StopDeployment`.
    func stop(
        _ deployment: DeploymentID, in region: Region, rollsBack: Bool?,
        of project: ProjectName?, writingTo store: ProjectStore?
    ) async throws -> StopAnswer {
        var stop: DeploymentStop?
        var notice: Problem?
        if let project, let store, (try? store.project(project)) != nil {
            do {
                stop = try store.beginStop(deployment, of: project, rollsBack: rollsBack)
            } catch {
                notice = Self.notRecorded(error)
            }
        }
        do {
            let status = try await connection.operations(region).stop(deployment, rollsBack)
            if let id = stop?.id { try? store?.endStop(id, isTaken: true) }
            stop?.isTaken = true
            return StopAnswer(status: status, stop: stop, notice: notice)
        } catch let error as any AWSFailure where error.meaning != .answerLost {
            // What was lost on the way may have been carried out, and stays open.
            if let id = stop?.id { try? store?.endStop(id, isTaken: false) }
            throw error
        }
    }

    private static func notRecorded(_ error: any Error) -> Problem {
        Problem(
            .warning, code: "stop-not-recorded",
            "that you stop it is not in the store, so others are not told who did",
            why: DeployFailure(error).problems.first?.message,
            fix: "nothing to do: the deployment is stopped all the same")
    }
}
