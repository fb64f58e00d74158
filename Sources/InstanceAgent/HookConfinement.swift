import Glibc

/// What keeps hooks, which are other people's programs, from the rest of this machine.
package enum HookConfinement: Sendable, Equatable {
    /// Bubblewrap: of this machine they see its programs, read-only, and can write only what is
    /// the instance's. Without the network they have a loopback of the instance's own.
    case bubblewrap(network: Bool)
    /// Nothing: they are programs of this user like any other.
    case unconfined
    /// Nothing is unpacked, copied or run, and every event succeeds that is not told to fail.
    case simulated

    /// Finds out whether hooks can be confined here, by confining something that does nothing.
    ///
    /// Throws ``ConfinementError``, or what a temporary folder fails with.
    package func check() async throws {
        guard case .bubblewrap(let network) = self else { return }
        let failure: (any Error)? = await onThread { answer in
            var template = Array("/tmp/slipway-check-XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else {
                return answer(AgentError.lastSystemCall("dir_s_mkdir", "/tmp"))
            }
            let path = String(
                decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
            defer { try? removeTree(path) }
            do {
                let folder = AgentFolder(path: path)
                for name in [folder.root, folder.instructions] { try makeFolders(name) }
                let enclosure = Enclosure(folder: folder, network: network)
                _ = try enclosure.enter()
                enclosure.leave()
                answer(nil)
            } catch AgentError.confinement(let error) { answer(error) } catch { answer(error) }
        }
        if let failure { throw failure }
    }
}
