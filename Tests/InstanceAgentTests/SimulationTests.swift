import InstanceAgent
import SlipwayCore
import TestSupport
import Testing

@Suite struct SimulationTests {
    private let deployment = AgentDeployment(
        id: "d-1", applicationName: "app", groupName: "group", groupID: "g-1",
        bundle: AgentDeployment.Bundle(files: ["/nowhere"], kind: .zip, bucket: "b", key: "k"))

    @Test func `every event of a simulated instance succeeds and nothing is written`() async {
        let folder = TemporaryFolder()
        let agent = InstanceAgent(folder: folder("instance"), hooks: .simulated)
        for event in LifecycleEvent.known {
            #expect(await agent.perform(event, of: deployment) == .succeeded)
        }
        #expect(folder.names.isEmpty)
    }

    @Test func `an event that is told to fail does, with the words that were given`() async {
        let diagnostics = EventDiagnostics(
            .scriptFailed, scriptName: "start.sh", message: "told to", logTail: "log")
        let agent = InstanceAgent(
            folder: "/nowhere", hooks: .simulated, failures: [.applicationStart: diagnostics])
        #expect(
            await agent.perform(.applicationStart, of: deployment) == .failed(diagnostics))
        #expect(await agent.perform(.validateService, of: deployment) == .succeeded)
    }
}
