/// What a change does to settings, a line a field: `region: us-east-1 -> eu-west-1`.
package func settingsDifference(
    _ old: ApplicationSettings?, _ new: ApplicationSettings?
) -> [String] {
    guard let new else { return ["unset"] }
    let lines = ApplicationSettings.Field.allCases.compactMap { field -> String? in
        let (before, after) = (old?[field], new[field])
        guard before != after else { return nil }
        return switch (before, after) {
        case (nil, let after?): "\(field.rawValue): \(after)"
        case (let before?, nil): "\(field.rawValue): \(before) -> not set"
        default: "\(field.rawValue): \(before ?? "") -> \(after ?? "")"
        }
    }
    return lines.isEmpty ? ["no value set"] : lines
}
