// The function app: a custom handler on Flex Consumption, which costs nothing while nobody calls.

@description('Name of the app: at most 32 characters, unique in all of Azure.')
@maxLength(32)
param name string

@description('Name of its plan; Flex Consumption has one app in a plan.')
param planName string

@description('Region.')
param location string

@description('Tags of each resource.')
param tags object

@description('Resource id of the app\'s identity.')
param identityId string

@description('Client id of the app\'s identity.')
param clientId string

@description('The account that the Functions host uses.')
param storageAccountName string

@description('Address of the tables with the state.')
param tableEndpoint string

@description('Address of the container that the app is started from.')
param packageContainer string

@description('Host name of the Service Bus namespace.')
param busNamespace string

@description('Connection string of Application Insights, which opens nothing without an identity.')
param insightsConnectionString string

@description('The deployment\'s secret, or the Key Vault reference that is filled with it.')
@secure()
param signingKeySetting string

@description('Where clients reach the deployment; empty for the app\'s own address.')
param publicUrl string

@description('Memory of an instance, in MB.')
param instanceMemoryMB int

@description('Most instances of a scale group.')
param maximumInstanceCount int

@description('Requests that an instance takes at once.')
param httpConcurrency int

@description('How often a node renews its Lease.')
param heartbeat string

@description('After how long without renewal a node counts as lost.')
param nodeGrace string

@description('How many instances wait for work at any time.')
param workAlwaysReady int

@description('The network that the pods of a cluster share.')
param podCidr string

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    name: 'FC1'
    tier: 'FlexConsumption'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2024-04-01' = {
  name: name
  location: location
  // azd finds the app by its service's name.
  tags: union(tags, {
    'azd-service-name': 'cloudplane'
  })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    // Whoever reads Key Vault references for the app.
    keyVaultReferenceIdentity: identityId
    // No ftpsState here, nor what else Flex Consumption refuses: the policy below closes FTP.
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageContainer
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: workAlwaysReady == 0 ? [] : [
          {
            name: 'function:Work'
            instanceCount: workAlwaysReady
          }
        ]
        triggers: {
          http: {
            perInstanceConcurrency: httpConcurrency
          }
        }
      }
    }
  }
}

var address = empty(publicUrl) ? 'https://${app.properties.defaultHostName}' : publicUrl

// Packages are brought by people's and pipelines' own identities. One after the other, and before the settings: a site refuses to be changed in
// two ways at once.
@batchSize(1)
resource noPasswords 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = [for kind in ['ftp', 'scm']: {
  parent: app
  name: kind
  properties: {
    allow: false
  }
}]

// After the app, as its address is one of them.
resource settings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: app
  name: 'appsettings'
  dependsOn: [
    noPasswords
  ]
  properties: {
    // The control plane's own.
    CLOUDPLANE_TABLES_ENDPOINT: tableEndpoint
    CLOUDPLANE_BUS_ENDPOINT: 'https://${busNamespace}'
    CLOUDPLANE_SIGNING_KEY: signingKeySetting
    CLOUDPLANE_PUBLIC_URL: address
    CLOUDPLANE_HEARTBEAT: heartbeat
    CLOUDPLANE_NODE_GRACE: nodeGrace
    CLOUDPLANE_POD_CIDR: podCidr
    AZURE_CLIENT_ID: clientId
    // The trigger's connection.
    ServiceBusConnection__fullyQualifiedNamespace: busNamespace
    ServiceBusConnection__credential: 'managedidentity'
    ServiceBusConnection__clientId: clientId
    // The host's own: its leases, its telemetry, and that GET / is not its home page.
    AzureWebJobsStorage__accountName: storageAccountName
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: clientId
    AzureWebJobsDisableHomepage: 'true'
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
    // The exporter of metrics tells its makers nothing of its use.
    APPLICATIONINSIGHTS_STATSBEAT_DISABLED: 'true'
  }
}

@description('The app\'s name.')
output name string = app.name

@description('Where clients reach the deployment.')
output url string = address
