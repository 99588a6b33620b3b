using System.Globalization;
using Parquet;
using Parquet.Schema;

namespace GenRec.Shared.Data.Importers;

/// <summary>Reads and writes tables of user, item, time and feedback as Parquet, one row group in memory at a time.</summary>
public static class InteractionParquet
{
    /// <summary>Reads a table; rows may stand in any order and are sorted by time, equal times in file order.</summary>
    /// <param name="path">A Parquet file with flat columns: text, numbers, or times.</param>
    /// <param name="columns">
    /// Which columns hold what; the default names when null. Without named feedback, every other number becomes feedback.
    /// Columns of type timestamp need no <see cref="InteractionColumns.TimeFormat"/>.
    /// </param>
    /// <param name="options">Policies; the defaults when null. Reported lines are rows, from 1.</param>
    /// <param name="cancellationToken">Stops between row groups.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="DataFormatException">It is not Parquet, lacks a column, or a row is broken and the policy is to fail.</exception>
    public static async Task<(Interactions Interactions, ImportReport Report)> ReadAsync(
        string path,
        InteractionColumns? columns = null,
        ImportOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        columns ??= new InteractionColumns();
        if (!File.Exists(path))
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        var reader = await OpenAsync(path, cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            var (user, item) = (Need(path, reader.Schema, columns.User), Need(path, reader.Schema, columns.Item));
            var time = columns.Time is null ? null : Need(path, reader.Schema, columns.Time);
            var feedback = FeedbackFields(path, reader.Schema, columns, [user, item, time]);
            var builder = new InteractionBuilder(options, [.. feedback.Select(field => field.Name)]);
            builder.StartFile(path);
            for (var group = 0; group < reader.RowGroupCount; group++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var rows = reader.OpenRowGroupReader(group);
                var users = await ReadCellsAsync(path, rows, user).ConfigureAwait(false);
                var items = await ReadCellsAsync(path, rows, item).ConfigureAwait(false);
                var times = time is null ? null : await ReadCellsAsync(path, rows, time).ConfigureAwait(false);
                var values = new object?[feedback.Length][];
                for (var i = 0; i < feedback.Length; i++)
                    values[i] = await ReadCellsAsync(path, rows, feedback[i]).ConfigureAwait(false);
                AddRows(builder, users, items, times, values, columns.TimeFormat);
            }
            return (builder.Build(), builder.Report);
        }
    }

    /// <summary>Writes a table: user and item as text, time as Unix seconds, feedback as float32.</summary>
    /// <param name="interactions">Keys are written where there are some, else user rows and item ids, both from 1.</param>
    /// <param name="stream">Receives the file; must be seekable.</param>
    /// <param name="columns">Column names; the defaults when null.</param>
    /// <param name="rowsInGroup">Rows of a row group, at least 1.</param>
    public static async Task WriteAsync(
        Interactions interactions,
        Stream stream,
        InteractionColumns? columns = null,
        int rowsInGroup = 1 << 20
    )
    {
        ArgumentNullException.ThrowIfNull(interactions);
        ArgumentOutOfRangeException.ThrowIfLessThan(rowsInGroup, 1);
        columns ??= new InteractionColumns();
        var (user, item) = (new DataField<string>(columns.User), new DataField<string>(columns.Item));
        var time = interactions.HasTimes && columns.Time is { } name ? new DataField<long>(name) : null;
        var feedback = interactions
            .Feedback.Select(column => (new DataField<float>(column.Key), column.Value))
            .ToArray();
        Field?[] fields = [user, item, time, .. feedback.Select(column => column.Item1)];
        var schema = new ParquetSchema(fields.Where(field => field is not null).Select(field => field!));
        var users = UserOfEach(interactions);
        var writer = await ParquetWriter.CreateAsync(schema, stream).ConfigureAwait(false);
        await using (writer.ConfigureAwait(false))
            for (var from = 0; from < interactions.Count; from += rowsInGroup)
            {
                var count = Math.Min(rowsInGroup, interactions.Count - from);
                var rows = Enumerable.Range(from, count).ToArray();
                using var group = writer.CreateRowGroup();
                await group.WriteAsync(user, [.. rows.Select(row => users[row])]).ConfigureAwait(false);
                await group.WriteAsync(item, [.. rows.Select(row => NameOf(interactions, row))]).ConfigureAwait(false);
                if (time is not null)
                    await group
                        .WriteAsync<long>(time, interactions.Times.Slice(from, count).ToArray())
                        .ConfigureAwait(false);
                foreach (var (field, values) in feedback)
                    await group.WriteAsync<float>(field, values.AsMemory(from, count)).ConfigureAwait(false);
            }
    }

    private static async Task<ParquetReader> OpenAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await ParquetReader.CreateAsync(path, null, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
            when (e is IOException or InvalidDataException or ArgumentException or InvalidOperationException)
        {
            throw new DataFormatException(path, $"This is not a whole Parquet file: {e.Message}", e);
        }
    }

    private static DataField Need(string path, ParquetSchema schema, string name) =>
        Array.Find(schema.GetDataFields(), field => field.Name == name)
        ?? throw new DataFormatException(
            path,
            $"There is no column '{name}'. There are: {string.Join(", ", schema.GetDataFields().Select(field => field.Name))}."
        );

    private static DataField[] FeedbackFields(
        string path,
        ParquetSchema schema,
        InteractionColumns columns,
        DataField?[] taken
    ) =>
        columns.Feedback is { } named
            ? [.. named.Select(name => Need(path, schema, name))]
            :
            [
                .. schema
                    .GetDataFields()
                    .Where(field => !taken.Contains(field) && !field.IsArray && IsNumber(field.ClrType)),
            ];

    private static bool IsNumber(Type type) =>
        type == typeof(int)
        || type == typeof(long)
        || type == typeof(short)
        || type == typeof(sbyte)
        || type == typeof(byte)
        || type == typeof(float)
        || type == typeof(double)
        || type == typeof(bool);

    private static async Task<object?[]> ReadCellsAsync(string path, ParquetRowGroupReader rows, DataField field)
    {
        var type = field.ClrType;
        if (type == typeof(string) || type == typeof(ReadOnlyMemory<char>))
        {
            var texts = new string?[rows.RowCount];
            await rows.ReadAsync(field, texts.AsMemory()).ConfigureAwait(false);
            return texts;
        }
        return type == typeof(long) ? await Numbers<long>().ConfigureAwait(false)
            : type == typeof(int) ? await Numbers<int>().ConfigureAwait(false)
            : type == typeof(short) ? await Numbers<short>().ConfigureAwait(false)
            : type == typeof(sbyte) ? await Numbers<sbyte>().ConfigureAwait(false)
            : type == typeof(byte) ? await Numbers<byte>().ConfigureAwait(false)
            : type == typeof(float) ? await Numbers<float>().ConfigureAwait(false)
            : type == typeof(double) ? await Numbers<double>().ConfigureAwait(false)
            : type == typeof(bool) ? await Numbers<bool>().ConfigureAwait(false)
            : type == typeof(DateTime) ? await Numbers<DateTime>().ConfigureAwait(false)
            : throw new DataFormatException(
                path,
                $"Column '{field.Name}' holds {type.Name}; need text, numbers or times."
            );

        async Task<object?[]> Numbers<T>()
            where T : struct
        {
            if (field.IsNullable)
            {
                var cells = new T?[rows.RowCount];
                await rows.ReadAsync<T>(field, cells.AsMemory()).ConfigureAwait(false);
                return Array.ConvertAll(cells, cell => (object?)cell);
            }
            var values = new T[rows.RowCount];
            await rows.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
            return Array.ConvertAll(values, value => (object?)value);
        }
    }

    private static void AddRows(
        InteractionBuilder builder,
        object?[] users,
        object?[] items,
        object?[]? times,
        object?[][] feedback,
        TimeFormat format
    )
    {
        var values = new float[feedback.Length];
        for (var row = 0; row < users.Length; row++)
        {
            builder.Report.Lines++;
            long? time = null;
            if (times is not null)
            {
                if (TimeOf(times[row], format) is not { } milliseconds)
                {
                    builder.Broken(builder.Report.Lines, $"'{times[row]}' is not a time ({format}).");
                    continue;
                }
                time = milliseconds;
            }
            for (var i = 0; i < values.Length; i++)
                values[i] = feedback[i][row] is { } cell
                    ? Convert.ToSingle(cell, CultureInfo.InvariantCulture)
                    : float.NaN;
            builder.AddAt(TextOf(users[row]), TextOf(items[row]), time, builder.Report.Lines, values);
        }
    }

    private static string? TextOf(object? cell) => Convert.ToString(cell, CultureInfo.InvariantCulture);

    private static long? TimeOf(object? cell, TimeFormat format) =>
        cell is DateTime date
            ? new DateTimeOffset(DateTime.SpecifyKind(date, DateTimeKind.Utc)).ToUnixTimeMilliseconds()
        : EventTime.TryParse(TextOf(cell), format, out var milliseconds) ? milliseconds
        : null;

    private static string[] UserOfEach(Interactions interactions)
    {
        var users = new string[interactions.Count];
        for (var user = 0; user < interactions.Users; user++)
        for (var row = interactions.Offsets[user]; row < interactions.Offsets[user + 1]; row++)
            users[row] = interactions.UserKeys?[user] ?? $"{user + 1}";
        return users;
    }

    private static string NameOf(Interactions interactions, int row)
    {
        var item = interactions.Items[row];
        return interactions.ItemKeys?[item - 1] ?? $"{item}";
    }
}
