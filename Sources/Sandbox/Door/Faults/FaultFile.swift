/// A file of faults, of services and of instances: one a line; empty lines and what follows `#` are
/// left out.
package struct FaultFile: Sendable, Equatable {
    package private(set) var faults: [Fault] = []
    package private(set) var instanceFaults: [RequestedInstanceFault] = []

    package init() {}

    /// Parses the file's text. Throws ``SandboxError/fault(_:reason:)`` for the first line that is
    /// none.
    package init(_ text: String) throws(SandboxError) {
        for line in text.split(whereSeparator: \.isNewline) {
            let content = String(line.prefix { $0 != "#" }).replacing("\t", with: " ")
            guard content.contains(where: { $0 != " " }) else { continue }
            if RequestedInstanceFault.isMeant(by: content) {
                instanceFaults.append(try RequestedInstanceFault(content))
            } else {
                faults.append(try Fault(content))
            }
        }
    }
}
