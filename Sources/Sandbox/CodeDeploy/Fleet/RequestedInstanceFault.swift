import SlipwayCore

/// An instance that is to be broken: `shop/web:2 failing=Install`.
///
/// First the application and the group, and after a colon which of the group's instances, counted
/// from 1; without it all. Then `stopped`, `silent`, `silent=EVENT` or `failing=EVENT`.
package struct RequestedInstanceFault: Sendable, Equatable {
    let application: String
    let group: String
    /// Counted from 1; nil for all.
    let number: Int?
    let fault: InstanceFault

    /// Whether the text is about an instance rather than about a service.
    package static func isMeant(by text: String) -> Bool {
        text.split(separator: " ").first?.contains("/") ?? false
    }

    /// Parses a fault. Throws ``SandboxError/fault(_:reason:)``.
    package init(_ text: String) throws(SandboxError) {
        let words = text.split(separator: " ").map(String.init)
        guard words.count == 2 else {
            throw .fault(text, reason: "it needs an instance and what is wrong with it")
        }
        let place = words[0].split(separator: ":", omittingEmptySubsequences: false)
        let names = place[0].split(separator: "/", omittingEmptySubsequences: false)
        guard names.count == 2, place.count <= 2 else {
            throw .fault(text, reason: "an instance is APPLICATION/GROUP:NUMBER")
        }
        application = String(names[0])
        group = String(names[1])
        if place.count == 2 {
            guard let number = Int(place[1]), number > 0 else {
                throw .fault(text, reason: "instances are counted from 1")
            }
            self.number = number
        } else {
            number = nil
        }
        let parts = words[1].split(separator: "=", maxSplits: 1).map(String.init)
        let event = parts.count == 2 ? parts[1] : nil
        if let event, !Lifecycle.events.contains(LifecycleEvent(rawValue: event)) {
            throw .fault(
                text,
                reason: "\(UntrustedText(event)) is none of "
                    + Lifecycle.events.map(\.rawValue).joined(separator: ", "))
        }
        switch (parts.first, event) {
        case ("stopped", nil): fault = .stopped
        case ("silent", let event): fault = .silent(from: event)
        case ("failing", let event?): fault = .failing(at: event)
        default:
            throw .fault(
                text, reason: "it is stopped, silent, silent=EVENT or failing=EVENT")
        }
    }
}

extension CodeDeploy {
    /// Breaks these instances, and mends all others.
    ///
    /// Throws ``SandboxError/fault(_:reason:)`` for an instance that there is not.
    package func setFaults(_ faults: [RequestedInstanceFault]) throws {
        var broken: [String: InstanceFault] = [:]
        for requested in faults {
            let name = "\(requested.application)/\(requested.group)"
            let places: [InstancePlace]
            do {
                places = try instances(
                    group: requested.group, application: requested.application)
            } catch {
                throw SandboxError.fault(name, reason: error.message)
            }
            guard requested.number ?? 1 <= places.count else {
                throw SandboxError.fault(name, reason: "it has \(places.count) instances")
            }
            let chosen = requested.number.map { [places[$0 - 1]] } ?? places
            for place in chosen { broken[place.id] = requested.fault }
        }
        try change { state throws(AWSFault) in
            var instances = state.instances
            for id in instances.keys { instances[id]?.fault = broken[id] }
            try saveInstances(state.instanceOrder.compactMap { instances[$0] })
            state.instances = instances
        }
    }
}
