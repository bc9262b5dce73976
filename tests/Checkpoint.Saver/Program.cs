// A program that saves checkpoints, for tests that kill it and tests of several processes.
//   loop ROOT                        saves step after step with a manager until it is killed
//   part PATH INDEX COUNT TIMEOUT    saves the part of one process of a checkpoint
//   hang PATH INDEX COUNT TIMEOUT    the same, but never finishes
using System.Globalization;
using OcdbtSharp.Checkpoint;
using OcdbtSharp.Checkpoint.Saver;

switch (args[0])
{
    case "loop":
        await using (CheckpointManager manager = await CheckpointManager.OpenAsync(args[1], new CheckpointManagerOptions { MaxToKeep = 3, AsyncSave = false }))
        {
            for (long step = (manager.LatestStep ?? 0) + 1; ; step++)
            {
                await manager.SaveAsync(step, SavedTree.OfStep(step));
                Console.WriteLine(step);
            }
        }

    default:
        int index = int.Parse(args[2], CultureInfo.InvariantCulture);
        int count = int.Parse(args[3], CultureInfo.InvariantCulture);
        List<KeyValuePair<string, ItemToSave>> items = [KeyValuePair.Create("state", ItemToSave.Tree(SavedTree.Sharded(count)))];
        if (args[0] == "hang")
        {
            items.Add(KeyValuePair.Create<string, ItemToSave>("hanging", new HangingItem()));
        }

        CheckpointWriterOptions options = new()
        {
            Processes = new ProcessGroup(index, count)
            {
                Timeout = TimeSpan.FromSeconds(double.Parse(args[4], CultureInfo.InvariantCulture)),
                PollInterval = TimeSpan.FromMilliseconds(5),
            },
        };
        await CheckpointWriter.SaveStepAsync(args[1], items, options);
        break;
}
