/// What keeps hooks, which are other people's programs, from the rest of this machine.
package enum HookConfinement: Sendable, Equatable {
    /// Bubblewrap: of this machine they see its programs, read-only, and can write only what is
    /// the instance's. Without the network they have a loopback of the instance's own.
    case bubblewrap(network: Bool)
    /// Nothing: they are programs of this user like any other.
    case unconfined
    /// Nothing is unpacked, copied or run, and every event succeeds that is not told to fail.
    case simulated
}
