import Testing
import TextGrid

@testable import Screens

@Suite("The pace of news") struct NewsPaceTests {
    private let start = ContinuousClock.now

    /// What is shown of news that are there all the time, each frame of so many bytes, for a while.
    private func shown(_ byteCounts: [Int]) -> [(at: Duration, byteCount: Int)] {
        var pace = NewsPace(at: start)
        var frames: [(at: Duration, byteCount: Int)] = []
        var rest = byteCounts[...]
        for millisecond in 1000..<20_000 {
            let now = start + .milliseconds(millisecond)
            guard let next = rest.first, pace.rest(at: now) <= .zero, pace.admits(next, at: now)
            else { continue }
            pace.note(next, at: now)
            frames.append((now - start, next))
            rest.removeFirst()
        }
        return frames
    }

    @Test func `no second has more than twelve frames or 8 KiB`() {
        for byteCounts in [
            Array(repeating: 10, count: 60), Array(repeating: 900, count: 60),
            Array(repeating: 5000, count: 15), [20_000, 100, 8192, 1, 4096, 4096, 4096, 9000, 10],
        ] {
            let frames = shown(byteCounts)
            #expect(frames.count == byteCounts.count)
            for frame in frames {
                let second = frames.filter { $0.at > frame.at - .seconds(1) && $0.at <= frame.at }
                #expect(second.count <= 12)
                let byteCount = second.reduce(0) { $0 + $1.byteCount }
                // A frame that is larger than a second's bytes has the second for itself.
                #expect(byteCount <= 8192 || second.count == 1)
            }
        }
    }

    @Test func `what is too much waits for a second of quiet, but not at the beginning`() {
        var pace = NewsPace(at: start)
        func admits(_ byteCount: Int, after seconds: Double) -> Bool {
            pace.admits(byteCount, at: start + .seconds(seconds))
        }
        #expect(pace.rest(at: start) <= .zero)
        pace.note(50_000, at: start)
        #expect(pace.rest(at: start) == .milliseconds(90))
        let atOnce = admits(50_000, after: 0.5)
        pace.note(50_000, at: start + .seconds(0.5))
        let soon = admits(1, after: 1)
        #expect(atOnce && !soon)
        #expect(pace.rest(at: start + .seconds(1)) == .milliseconds(500))
        let later = admits(1, after: 1.5)
        #expect(later)
    }

    @Test func `what a frame takes is what differs, and where and how it looks`() {
        var first = CellGrid(width: 20, height: 2)
        first.put("abc", row: 0, column: 0)
        first.put("✓", row: 1, column: 4, role: .succeeded)
        #expect(first.byteCount(over: nil) == 8 + 15 + 3 + 8 + 15 + 3)
        #expect(first.byteCount(over: first) == 0)
        var second = first
        second.put("x", row: 0, column: 1, role: .failed)
        #expect(second.byteCount(over: first) == 8 + 15 + 1)
        #expect(
            second.byteCount(over: CellGrid(width: 3, height: 3)) > second.byteCount(over: first))
    }
}
