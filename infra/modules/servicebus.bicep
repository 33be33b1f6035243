// The queue that work is done from. The queues of nodes and of log streams are made and deleted by the control plane.

@description('Name of the namespace: 6 to 50 letters, digits and dashes, unique in all of Azure.')
@minLength(6)
@maxLength(50)
param name string

@description('Region.')
param location string

@description('Tags of each resource.')
param tags object

@description('The app\'s identity, which may send, receive and manage queues.')
param principalId string

// No lesser role may make queues.
var serviceBusDataOwner = '090c5cfd-751d-490a-894a-3ce6f1109419'

resource namespace 'Microsoft.ServiceBus/namespaces@2024-01-01' = {
  name: name
  location: location
  tags: tags
  // Basic has neither sessions nor duplicate detection.
  sku: {
    name: 'Standard'
    tier: 'Standard'
  }
  properties: {
    minimumTlsVersion: '1.2'
    // Nodes have no identity here: each comes with a token that may only listen on its own queue, signed with a key of this queue. The app
    // itself uses its identity, and nobody the keys of the namespace.
    disableLocalAuth: false
  }
}

resource work 'Microsoft.ServiceBus/namespaces/queues@2024-01-01' = {
  parent: namespace
  name: 'work'
  properties: {
    // Sessions and duplicate detection can't be changed once the queue is there.
    requiresSession: true
    requiresDuplicateDetection: true
    // Scheduled messages are merged up to half of it ahead.
    duplicateDetectionHistoryTimeWindow: 'PT1H'
    lockDuration: 'PT5M'
    maxDeliveryCount: 10
    maxSizeInMegabytes: 5120
  }
}

resource mayOwnQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(namespace.id, principalId, serviceBusDataOwner)
  scope: namespace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', serviceBusDataOwner)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('The namespace\'s host name.')
output fullyQualifiedNamespace string = '${namespace.name}.servicebus.windows.net'
