import CSystemCalls
import CZlib
package import SlipwayCore

/// How far the packing of a revision is.
package struct PackingProgress: Equatable, Sendable {
    /// Files and links that are in the archive, and their bytes; those of a file that is half in
    /// it count.
    package let packed: RevisionSize
    /// How many bytes of the archive are made.
    package let archiveByteCount: Int
    /// What will be packed in all.
    package let whole: RevisionSize
}

/// An archive that is complete.
package struct PackedRevision: Equatable, Sendable {
    package let size: RevisionSize
    package let archiveByteCount: Int

    package init(size: RevisionSize, archiveByteCount: Int) {
        self.size = size
        self.archiveByteCount = archiveByteCount
    }
}

extension RevisionSurvey {
    /// Packs the revision on all processors and gives the archive, from front to back, to the
    /// sink, on the calling thread. The same tree gives the same bytes, whatever the threads.
    ///
    /// Waits for the sink, and holds a few megabytes for each processor. Throws ``PackingError``,
    /// or what the sink threw; no thread of its own is left then, nor when it returns.
    @discardableResult
    package func pack(
        threadCount: Int = RevisionSurvey.threadCount,
        progress: (PackingProgress) -> Void = { _ in },
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> PackedRevision {
        try pack(queue(threadCount), threadCount: threadCount, progress, into: sink)
    }

    /// As many as this process has processors; memory has a limit.
    package static var threadCount: Int { min(max(1, Int(csystem_processor_count())), 16) }

    /// Lets each thread have a file that is read whole, and two more wait to be written.
    func queue(_ threadCount: Int) -> PackingQueue {
        PackingQueue(table, byteLimit: (threadCount + 2) * Compressor.wholeByteLimit)
    }

    func pack(
        _ queue: PackingQueue, threadCount: Int, _ progress: (PackingProgress) -> Void,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> PackedRevision {
        let reader = try EntryReader(self)
        var threads: [WorkerThread] = []
        defer { for thread in threads { thread.join() } }
        do {
            for _ in 0..<threadCount {
                threads.append(try WorkerThread { packFiles(of: queue, reader, table) })
            }
            return try write(queue, progress, into: sink)
        } catch {
            queue.fail(error)
            throw error
        }
    }

    private func write(
        _ queue: PackingQueue, _ progress: (PackingProgress) -> Void,
        into sink: (UnsafeRawBufferPointer) throws -> Void
    ) throws -> PackedRevision {
        try withoutActuallyEscaping(sink) { sink in
            var zip = ZipWriter(table, to: sink)
            var packed = RevisionSize()
            var ready: ArraySlice<PackedPiece> = []
            func take() throws -> PackedPiece {
                // Each task makes a piece at least.
                if ready.isEmpty { ready = try queue.take()[...] }
                return ready.removeFirst()
            }
            func tell() {
                progress(
                    PackingProgress(
                        packed: packed, archiveByteCount: zip.byteCount, whole: size))
            }
            for (index, entry) in table.entries.enumerated() {
                switch entry.kind {
                case .folder:
                    try zip.add(
                        index,
                        .init(method: .stored, checksum: 0, byteCount: 0, archivedByteCount: 0),
                        UnsafeRawBufferPointer(start: nil, count: 0))
                    continue
                case .link:
                    try table.target(entry).withUnsafeBytes { target in
                        try zip.add(
                            index,
                            .init(
                                method: .stored, checksum: Compressor.checksum(target),
                                byteCount: target.count, archivedByteCount: target.count),
                            target)
                    }
                    packed.byteCount += entry.byteCount
                case .file where entry.byteCount > Compressor.wholeByteLimit:
                    let streamed = try zip.beginStreamed(index)
                    var checksum: UInt = 0
                    var rest = entry.byteCount
                    while rest > 0 {
                        let piece = try take()
                        try zip.append(piece.bytes)
                        checksum = crc32_combine(
                            checksum, UInt(piece.checksum), piece.rawByteCount)
                        rest -= piece.rawByteCount
                        packed.byteCount += piece.rawByteCount
                        if rest > 0 { tell() }
                    }
                    try zip.endStreamed(streamed, checksum: UInt32(checksum))
                case .file:
                    let piece = try take()
                    try zip.add(
                        index,
                        .init(
                            method: piece.method, checksum: piece.checksum,
                            byteCount: piece.rawByteCount, archivedByteCount: piece.bytes.count),
                        piece.bytes)
                    packed.byteCount += piece.rawByteCount
                }
                packed.fileCount += 1
                tell()
            }
            try zip.finish()
            tell()
            return PackedRevision(size: size, archiveByteCount: zip.byteCount)
        }
    }
}

/// What each thread does until there is nothing left, or something failed.
private func packFiles(of queue: PackingQueue, _ reader: EntryReader, _ table: EntryTable) {
    let compressor = Compressor()
    func read(_ entry: Entry, at offset: Int, _ byteCount: Int) throws -> UnsafeRawBufferPointer {
        let bytes = UnsafeMutableRawBufferPointer(rebasing: compressor.input[..<byteCount])
        try reader.read(entry, at: offset, into: bytes)
        return UnsafeRawBufferPointer(bytes)
    }
    do {
        while let task = try queue.next() {
            let files = table.entries[task.entries].lazy.filter { $0.kind == .file }
            let pieces = try files.map { entry in
                if task.isBlock {
                    return compressor.packBlock(
                        try read(entry, at: task.offset, task.byteCount), isLast: task.isLast)
                }
                return compressor.pack(try read(entry, at: 0, entry.byteCount))
            }
            queue.finish(task, with: pieces)
        }
    } catch {
        queue.fail(error)
    }
}
