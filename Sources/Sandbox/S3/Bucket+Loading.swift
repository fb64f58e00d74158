extension Bucket {
    /// Reads what is in the bucket's folder, and removes from it what belongs to nothing.
    func readState(_ record: BucketRecord) throws(SandboxError) -> State {
        var state = State(record: record)
        for name in DurableFile.names(in: folder + "/keys") {
            let path = "\(folder)/keys/\(name)"
            guard let record = DurableFile.read(KeyRecord.self, from: path),
                let versions = stored(record.versions)
            else { throw .damagedState(path) }
            state.objects[record.key] = versions
        }
        state.keys = state.objects.keys.sorted()
        for id in DurableFile.names(in: folder + "/uploads") { try readUpload(id, into: &state) }
        removeUnknownData(state)
        return state
    }

    /// Nil where a record does not say how many bytes are in which file.
    private func stored(_ records: [ObjectVersion]) -> [StoredVersion]? {
        var versions: [StoredVersion] = []
        for record in records {
            let (names, byteCounts) = (record.dataNames.names, record.dataByteCounts)
            guard names.isEmpty == record.isDeleteMarker, names.count == byteCounts.count else {
                return nil
            }
            let files = zip(names, byteCounts).map { file($0, byteCount: $1) }
            versions.append(
                StoredVersion(
                    record: record, data: files.isEmpty ? nil : ObjectData(files, disk: disk)))
        }
        return versions
    }

    private func readUpload(_ id: String, into state: inout State) throws(SandboxError) {
        let path = "\(folder)/uploads/\(id)"
        // An upload whose folder was made and whose record was not never was.
        guard let record = DurableFile.read(UploadRecord.self, from: path + "/upload.json") else {
            DurableFile.remove(path)
            return
        }
        var upload = Upload(record: record)
        for name in DurableFile.names(in: path) where name != "upload.json" {
            guard let part = DurableFile.read(PartRecord.self, from: "\(path)/\(name)") else {
                throw .damagedState("\(path)/\(name)")
            }
            upload.parts[part.number] = StoredPart(
                record: part, file: file(part.dataName, byteCount: part.byteCount))
        }
        guard let object = object(of: upload, in: state) else {
            state.uploads[id] = upload
            return
        }
        // A kill came between the object's record and the end of its upload.
        removeRecord(ofCompleted: upload)
        state.completed[id] = object
    }

    /// The object that an upload's parts became.
    private func object(of upload: Upload, in state: State) -> ObjectVersion? {
        let names = Set(upload.parts.values.map(\.record.dataName))
        return state.objects[upload.record.key]?.map(\.record)
            .first { !names.isDisjoint(with: $0.dataNames.names) }
    }

    private func removeUnknownData(_ state: State) {
        var known = Set(state.objects.values.joined().flatMap(\.record.dataNames.names))
        known.formUnion(state.uploads.values.flatMap { $0.parts.values.map(\.record.dataName) })
        for name in DurableFile.names(in: folder + "/data") where !known.contains(name) {
            DurableFile.remove("\(folder)/data/\(name)")
        }
    }
}
