// CloudPlane in Azure: one function app, one storage account, one Service Bus namespace, and what watches over them.
targetScope = 'subscription'

@description('Name of this deployment, part of its resource group\'s name: one deployment for each name in a subscription.')
@minLength(1)
@maxLength(32)
param environmentName string

@description('Region of everything: one that has Flex Consumption (az functionapp list-flexconsumption-locations).')
@minLength(1)
param location string

@description('The deployment\'s one secret, from which all keys of all clusters are derived: at least 32 random bytes as base64 (openssl rand -base64 32). Another one makes every kubeconfig, token and node\'s credential void.')
@secure()
@minLength(44)
param signingKey string

@description('Whether the app takes the secret from a Key Vault that this template makes, rather than from its settings, where whoever may read these can read it.')
param useKeyVault bool = false

@description('Name of the function app, and so of its address; unique in all of Azure. Empty for one that is made from the names of subscription, environment and region. The Functions host tells apps apart by 32 characters.')
@maxLength(32)
param appName string = ''

@description('Where clients and agents reach the deployment, when that is not the app\'s own address, e.g. https://kubernetes.example.org.')
param publicUrl string = ''

@description('Memory of an instance, in MB, which the Functions host shares with the control plane: 512 come with a quarter of a processor core, 2048 with one, 4096 with two.')
@allowed([
  512
  2048
  4096
])
param instanceMemoryMB int = 512

@description('How many instances there may be of each scale group: HTTP, Work and Seed. Microsoft\'s pages name 40 as the least, smaller ones have been taken.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('How many requests an instance takes at once before another one is started. Each open watch is one, and costs hardly more than its memory: with the platform\'s own choice of a few, some watching users would keep several instances busy.')
@minValue(1)
@maxValue(1000)
param httpConcurrency int = 200

@description('How often a node renews its Lease; each renewal wakes the API. 60m at most.')
@allowed([
  '1m'
  '2m'
  '5m'
  '10m'
  '15m'
  '30m'
])
param heartbeat string = '5m'

@description('After how long without renewal a node counts as lost, and its pods are made anew elsewhere: at least twice the heartbeat.')
@allowed([
  '3m'
  '5m'
  '12m'
  '25m'
  '35m'
  '65m'
])
param nodeGrace string = '12m'

@description('How many instances of Work wait at any time, billed at the rate of always ready ones. With none the platform has to notice a message first, which after a silence has been reported to take from some seconds up to two minutes.')
@minValue(0)
@maxValue(20)
param workAlwaysReady int = 0

@description('The network that the pods of a cluster share, an IPv4 /16 of which each node gets a /24: one that nodes and their pods reach nothing else in. Nodes whose clusters have another than the default need it as --pod-cidr as well.')
@minLength(10)
@maxLength(18)
param podCidr string = '10.244.0.0/16'

@description('How often the state is stored: three times in one data centre (LRS), in three zones of the region (ZRS), or in a second region as well (GZRS), which is then behind and can\'t be written.')
@allowed([
  'Standard_LRS'
  'Standard_ZRS'
  'Standard_GZRS'
])
param storageSku string = 'Standard_LRS'

@description('How much of logs is taken a day, in GB; beyond it they are dropped, so that a flood costs no more than this.')
@minValue(1)
@maxValue(100)
param logsGBPerDay int = 1

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2022-09-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: 'id-cloudplane-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'modules/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: 'log-cloudplane-${token}'
    insightsName: 'appi-cloudplane-${token}'
    location: location
    tags: tags
    gbPerDay: logsGBPerDay
    principalId: identity.outputs.principalId
  }
}

module storage 'modules/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: 'stcp${token}'
    location: location
    tags: tags
    sku: storageSku
    principalId: identity.outputs.principalId
  }
}

module bus 'modules/servicebus.bicep' = {
  name: 'servicebus'
  scope: group
  params: {
    name: 'sbns-cloudplane-${token}'
    location: location
    tags: tags
    principalId: identity.outputs.principalId
  }
}

module vault 'modules/keyvault.bicep' = if (useKeyVault) {
  name: 'keyvault'
  scope: group
  params: {
    name: 'kv-cp-${token}'
    location: location
    tags: tags
    signingKey: signingKey
    principalId: identity.outputs.principalId
  }
}

module app 'modules/app.bicep' = {
  name: 'app'
  scope: group
  params: {
    name: empty(appName) ? 'cloudplane-${token}' : appName
    planName: 'plan-cloudplane-${token}'
    location: location
    tags: tags
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    storageAccountName: storage.outputs.name
    tableEndpoint: storage.outputs.tableEndpoint
    packageContainer: storage.outputs.packageContainer
    busNamespace: bus.outputs.fullyQualifiedNamespace
    insightsConnectionString: monitoring.outputs.connectionString
    signingKeySetting: useKeyVault ? vault!.outputs.signingKeyReference : signingKey
    publicUrl: publicUrl
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    httpConcurrency: httpConcurrency
    heartbeat: heartbeat
    nodeGrace: nodeGrace
    workAlwaysReady: workAlwaysReady
    podCidr: podCidr
  }
}

@description('The API\'s address, and what the commands of cloudplane take as --server or find in this environment variable.')
output CLOUDPLANE_SERVER string = app.outputs.url

@description('The function app\'s name.')
output AZURE_FUNCTION_APP string = app.outputs.name

@description('The resource group\'s name.')
output AZURE_RESOURCE_GROUP string = group.name

@description('The storage account\'s name.')
output AZURE_STORAGE_ACCOUNT string = storage.outputs.name

@description('The container that the app is started from; it holds one blob, released-package.zip.')
output AZURE_STORAGE_CONTAINER string = storage.outputs.packageContainerName
