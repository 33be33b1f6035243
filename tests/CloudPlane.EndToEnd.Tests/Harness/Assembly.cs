// The clusters share one machine, its bridges and two cores: one collection after the other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
