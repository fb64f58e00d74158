/// A place in a file.
package struct SourcePlace: Hashable, Sendable, CustomStringConvertible {
    /// As people know it, for example `circle.yml`.
    package let file: String
    /// Counted from 1.
    package let line: Int
    /// Counted from 1, in characters.
    package let column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `circle.yml:14`.
    package var description: String { "\(file):\(line)" }
}

/// A value and where it is written.
package struct Placed<Value> {
    package var value: Value
    package var place: SourcePlace

    package init(_ value: Value, at place: SourcePlace) {
        self.value = value
        self.place = place
    }
}

extension Placed: Sendable where Value: Sendable {}
extension Placed: Equatable where Value: Equatable {}
extension Placed: Hashable where Value: Hashable {}

/// Where a value of a plan comes from.
package enum ValueOrigin: Hashable, Sendable, CustomStringConvertible {
    /// An option of the command line.
    case flag
    /// An environment variable.
    case environment(variable: String)
    case git
    case circleFile(SourcePlace)
    case projectSettings
    /// Nobody said anything: what holds then.
    case builtIn

    /// As plans show it: `circle.yml:14`, `project settings`, `environment`, `git`, `flag`,
    /// `default`.
    package var description: String {
        switch self {
        case .flag: "flag"
        case .environment: "environment"
        case .git: "git"
        case .circleFile(let place): place.description
        case .projectSettings: "project settings"
        case .builtIn: "default"
        }
    }

    /// The place in a file, where it is one.
    package var place: SourcePlace? {
        if case .circleFile(let place) = self { place } else { nil }
    }
}

/// A value and where it comes from.
package struct Sourced<Value> {
    package var value: Value
    package var origin: ValueOrigin

    package init(_ value: Value, from origin: ValueOrigin) {
        self.value = value
        self.origin = origin
    }

    package init(_ placed: Placed<Value>) {
        self.init(placed.value, from: .circleFile(placed.place))
    }
}

extension Sourced: Sendable where Value: Sendable {}
extension Sourced: Equatable where Value: Equatable {}

extension Problem {
    /// The problem at a place of a file.
    package func at(_ place: SourcePlace?) -> Problem {
        guard let place else { return self }
        var placed = self
        placed.file = place.file
        placed.line = place.line
        placed.column = place.column
        return placed
    }
}

extension [Problem] {
    /// What is of no file first, then each file's, in the order in which the files are first
    /// named; within one by line and column, what has no line first. Of two at one place the first
    /// stays first.
    package var inFileOrder: [Problem] {
        var ranks: [String: Int] = [:]
        for file in compactMap(\.file) where ranks[file] == nil { ranks[file] = ranks.count + 1 }
        func key(_ problem: Problem, _ offset: Int) -> (Int, Int, Int, Int) {
            let rank = problem.file.flatMap { ranks[$0] } ?? 0
            return (rank, problem.line ?? 0, problem.column ?? 0, offset)
        }
        return enumerated().sorted {
            key($0.element, $0.offset) < key($1.element, $1.offset)
        }.map(\.element)
    }
}
