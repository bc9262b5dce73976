using System.Text;
using System.Text.Json;
using OcdbtSharp.Checkpoint.Format;
using OcdbtSharp.KvStore;

namespace OcdbtSharp.Checkpoint.Tests;

/// <summary>The small files of a checkpoint, one at a time.</summary>
public sealed class FormatTests
{
    [TestCase("""{"loss": NaN, "a": [Infinity, -Infinity], "NaN": "Infinity \" NaN"}""", """{"loss": "NaN", "a": ["Infinity", "-Infinity"], "NaN": "Infinity \" NaN"}""")]
    [TestCase("NaN", "\"NaN\"")]
    public void Numbers_that_JSON_does_not_have_become_strings(string python, string expected)
    {
        JsonElement parsed = PythonJson.Parse(Encoding.UTF8.GetBytes(python), "here");
        using JsonDocument wanted = JsonDocument.Parse(expected);
        Assert.That(JsonElement.DeepEquals(parsed, wanted.RootElement));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("{\"a\": NaNN}")]
    [TestCase("[1]")]
    public void What_is_no_JSON_object_is_an_error_with_the_file(string text) =>
        Assert.That(() => PythonJson.ParseObject(Encoding.UTF8.GetBytes(text), "dir/file"), Throws.TypeOf<CorruptDataException>().With.Message.StartsWith("dir/file: "));

    [Test]
    public void Strings_are_found_by_JSON_pointer()
    {
        StringsFile strings = StringsFile.Decode("""{"a": "x", "odd keys.a": {"b": "y"}, "t~": "z", "": "empty", "n": 5}"""u8.ToArray(), "_strings.json");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(strings.Get("a"), Is.EqualTo("x"));
            Assert.That(strings.Get("odd keys.a/b"), Is.EqualTo("y"));
            Assert.That(strings.Get("t~0"), Is.EqualTo("z"));
            Assert.That(strings.Get(""), Is.EqualTo("empty"));
            Assert.That(strings.Get("n"), Is.EqualTo("5"));
            Assert.That(() => strings.Get("missing"), Throws.TypeOf<CorruptDataException>());
        }
    }

    [Test]
    public void Shardings_tell_the_shape_of_a_shard()
    {
        string named = """{"sharding_type": "NamedSharding", "shape": [2, 4], "axis_names": ["x", "y"], "partition_spec": [["x", "y"], null, "x"], "device_mesh": {"mesh": [[{"id": 7}, {"id": 6}, {"id": 5}, {"id": 4}], [{"id": 3}, {"id": 2}, {"id": 1}, {"id": 0}]]}}""";
        string single = """{"sharding_type": "SingleDeviceSharding", "device_str": "TFRT_CPU_0"}""";
        string file = $$"""{"{{Base64("a.b")}}": {{Quoted(named)}}, "{{Base64("c")}}": {{Quoted(single)}}}""";
        Dictionary<string, ArraySharding> shardings = ArraySharding.DecodeFile(Encoding.UTF8.GetBytes(file), "_sharding");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(shardings["a.b"].MeshShape, Is.EqualTo(new long[] { 2, 4 }));
            Assert.That(shardings["a.b"].DeviceIds, Is.EqualTo(new long[] { 7, 6, 5, 4, 3, 2, 1, 0 }));
            Assert.That(shardings["a.b"].PartitionSpec[0], Is.EqualTo(new[] { "x", "y" }));
            Assert.That(shardings["a.b"].PartitionSpec[1], Is.Empty);
            Assert.That(shardings["a.b"].ShardShape([32, 3, 5, 9]), Is.EqualTo(new long[] { 4, 3, 3, 9 }));
            Assert.That(() => shardings["a.b"].ShardShape([32]), Throws.ArgumentException);
            Assert.That(shardings["c"].Device, Is.EqualTo("TFRT_CPU_0"));
            Assert.That(shardings["c"].ShardShape([5, 5]), Is.EqualTo(new long[] { 5, 5 }));
        }

        static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
        static string Quoted(string json) => "\"" + json.Replace("\"", "\\\"", StringComparison.Ordinal) + "\"";
    }

    [TestCase("""{"!": "{}"}""")]
    [TestCase("""{"YQ==": "{"}""")]
    [TestCase("""{"YQ==": "{}"}""")]
    [TestCase("""{"YQ==": 5}""")]
    public void Damaged_shardings_are_an_error_with_the_file(string text) =>
        Assert.That(
            () => ArraySharding.DecodeFile(Encoding.UTF8.GetBytes(text), "dir/_sharding"),
            Throws.TypeOf<CorruptDataException>().With.Message.StartsWith("dir/_sharding: "));

    [Test]
    public void Step_metadata_keeps_members_that_it_does_not_know()
    {
        StepMetadata metadata = StepMetadata.Decode(
            """{"item_handlers": {"a": "x.JsonCheckpointHandler"}, "init_timestamp_nsecs": 5, "custom_metadata": {"k": 1}, "future": [2]}"""u8.ToArray(), "m");
        using JsonDocument custom = JsonDocument.Parse("""{"k": 1, "future": [2]}""");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(metadata.ItemHandlers["a"], Is.EqualTo("x.JsonCheckpointHandler"));
            Assert.That(metadata.InitTimestamp, Is.EqualTo(5));
            Assert.That(metadata.CommitTimestamp, Is.Null);
            Assert.That(JsonElement.DeepEquals(metadata.CustomMetadata, custom.RootElement));
        }
    }
}
