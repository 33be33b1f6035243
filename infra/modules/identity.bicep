// Who the app is to everything else here. User-assigned, as its rights are to be there before the app starts for the first time.

@description('Name of the identity.')
param name string

@description('Region.')
param location string

@description('Tags of each resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: name
  location: location
  tags: tags
}

@description('The resource\'s id.')
output id string = identity.id

@description('What a token is asked for with.')
output clientId string = identity.properties.clientId

@description('What roles are assigned to.')
output principalId string = identity.properties.principalId
