using Xunit;

// A guest and its host spin on two cores; a second pair beside them would only make both wait.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
