/// Lists a folder and everything below it, several folders at once: most of that is waiting for
/// the system.
final class FolderWalk: Sendable {
    private struct State {
        var pending: [PendingFolder] = [.root]
        /// How many threads list a folder, which may have more in it.
        var listingCount = 0
        var table = EntryTable()
        var flaws: [RevisionFlaw] = []
    }

    /// As many folders have to wait before another thread is worth it.
    private static let crowd = 8

    private let state = Monitor(State())
    private let makeListing: @Sendable () -> FolderListing

    /// The descriptor is the folder's, and stays the caller's. `leftOut` is the file that the
    /// archive is written to, which is no part of it.
    init(_ root: Int32, rule: NameRule, leavingOut leftOut: FileStamp?) {
        makeListing = { FolderListing(root, rule: rule, leavingOut: leftOut) }
    }

    /// Everything, in no order.
    func run(threadCount: Int) -> (table: EntryTable, flaws: [RevisionFlaw]) {
        var threads: [WorkerThread] = []
        listFolders { waitingCount in
            guard waitingCount >= Self.crowd, threads.count < threadCount - 1 else { return }
            // Where the system has no thread left, this one does it all.
            guard let thread = try? WorkerThread({ self.listFolders { _ in } }) else { return }
            threads.append(thread)
        }
        for thread in threads { thread.join() }
        return state.withLock { ($0.table, $0.flaws) }
    }

    /// Lists until there is nothing left. Tells after each folder how many wait.
    private func listFolders(_ tell: (_ waitingCount: Int) -> Void) {
        var listing = makeListing()
        while let folder = next() {
            let found = listing.list(folder)
            let waitingCount = state.withLock { state in
                state.pending += found
                state.listingCount -= 1
                return state.pending.count
            }
            state.signal(.produced)
            tell(waitingCount)
        }
        state.withLock { state in
            state.table.append(listing.table)
            state.flaws += listing.flaws
        }
    }

    /// Nil where no folder is left and none is being listed.
    private func next() -> PendingFolder? {
        state.wait(for: .produced) { state -> PendingFolder?? in
            guard let folder = state.pending.popLast() else {
                return state.listingCount == 0 ? .some(nil) : nil
            }
            state.listingCount += 1
            return folder
        }
    }
}
