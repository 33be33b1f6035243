namespace CloudPlane.EndToEnd.Tests;

/// <summary>A cluster of one node, shared by the tests of a collection.</summary>
public sealed class OneNodeCluster() : LocalCluster(1, ControlPlaneForm.Standalone);

/// <summary>A cluster of three nodes, shared by the tests of a collection.</summary>
public sealed class ThreeNodeCluster() : LocalCluster(3, ControlPlaneForm.Standalone);

/// <summary>The same in the cloud form.</summary>
public sealed class OneNodeCloudCluster() : CloudCluster(1);

/// <summary>The same in the cloud form.</summary>
public sealed class ThreeNodeCloudCluster() : CloudCluster(3);

[CollectionDefinition(nameof(OneNodeCluster))]
public sealed class OneNodeCollection : ICollectionFixture<OneNodeCluster>;

[CollectionDefinition(nameof(ThreeNodeCluster))]
public sealed class ThreeNodeCollection : ICollectionFixture<ThreeNodeCluster>;

[CollectionDefinition(nameof(OneNodeCloudCluster))]
public sealed class OneNodeCloudCollection : ICollectionFixture<OneNodeCloudCluster>;

[CollectionDefinition(nameof(ThreeNodeCloudCluster))]
public sealed class ThreeNodeCloudCollection : ICollectionFixture<ThreeNodeCloudCluster>;
