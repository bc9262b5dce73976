// A writer for tests of several processes: increments a counter in a folder, each time by a conditional write.
// Arguments: the folder, the key of the counter, the number of increments.
using System.Globalization;
using OcdbtSharp.KvStore;

FileKvStore store = new(args[0]);
Key key = args[1];
int increments = int.Parse(args[2], CultureInfo.InvariantCulture);
for (int done = 0; done < increments;)
{
    ReadResult read = await store.ReadAsync(key);
    int next = read.HasValue ? int.Parse(read.Value.Span, CultureInfo.InvariantCulture) + 1 : 1;
    string text = next.ToString(CultureInfo.InvariantCulture);
    StorageGeneration written = await store.WriteAsync(key, text, new WriteOptions { IfEqual = read.Generation });
    done += written.IsUnknown ? 0 : 1;
}
