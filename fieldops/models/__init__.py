"""Tables only: no queries, no rules."""

from fieldops.models.api_tokens import ApiToken
from fieldops.models.approvals import RepairApproval
from fieldops.models.batches import Batch, BatchRevision, DayEvent, DayPlan, Stop, StopEvent
from fieldops.models.channels import (
    ChannelAccount,
    ChannelPerson,
    InboundEvent,
    MessageTemplate,
    PersonJoin,
    PersonKey,
)
from fieldops.models.closures import RoadClosure, RoadClosureChange
from fieldops.models.clusters import CauseDecision, Cluster, GroupingDecision, PairWeighing
from fieldops.models.conversations import (
    CannedReply,
    Conversation,
    ConversationChange,
    ConversationClock,
    ConversationFile,
    ConversationMessage,
)
from fieldops.models.crews import Crew, Shift
from fieldops.models.departments import Department, Service, ServiceLevel
from fieldops.models.devices import PushSubscription, StaffNews
from fieldops.models.help_calls import HelpCall
from fieldops.models.hotspots import AreaResidents, HotspotCell, HotspotRun, RainDay, RainGauge
from fieldops.models.map_changes import ClusterChange, MapChange
from fieldops.models.own_data import DataDeletion, DataLink, DataVisit
from fieldops.models.pin_proposals import PinProposal
from fieldops.models.places import Area, Depot, Landmark, Line
from fieldops.models.reporters import ContactView, Follower, Reporter
from fieldops.models.requests import Photo, ServiceRequest, StatusChange
from fieldops.models.segments import MaintenanceRow, MaintenanceRun, SegmentSurvey
from fieldops.models.tasks import Counter, IdempotencyKey, ImportRun, Message, Task
from fieldops.models.triage import HazardTerm, TriageCorrection, TriageModel
from fieldops.models.users import AuditEntry, User, UserRole
from fieldops.models.waitings import RequestWaiting
from fieldops.models.work_orders import (
    Inspection,
    OrderPin,
    WorkOrder,
    WorkOrderChange,
    WorkOrderDependency,
)

__all__ = [
    "ApiToken",
    "Area",
    "AreaResidents",
    "AuditEntry",
    "Batch",
    "BatchRevision",
    "CannedReply",
    "CauseDecision",
    "ChannelAccount",
    "ChannelPerson",
    "Cluster",
    "ClusterChange",
    "ContactView",
    "Conversation",
    "ConversationChange",
    "ConversationClock",
    "ConversationFile",
    "ConversationMessage",
    "Counter",
    "Crew",
    "DataDeletion",
    "DataLink",
    "DataVisit",
    "DayEvent",
    "DayPlan",
    "Department",
    "Depot",
    "Follower",
    "GroupingDecision",
    "HazardTerm",
    "HelpCall",
    "HotspotCell",
    "HotspotRun",
    "IdempotencyKey",
    "ImportRun",
    "InboundEvent",
    "Inspection",
    "Landmark",
    "Line",
    "MaintenanceRow",
    "MaintenanceRun",
    "MapChange",
    "Message",
    "MessageTemplate",
    "OrderPin",
    "PairWeighing",
    "PersonJoin",
    "PersonKey",
    "Photo",
    "PinProposal",
    "PushSubscription",
    "RainDay",
    "RainGauge",
    "RepairApproval",
    "Reporter",
    "RequestWaiting",
    "RoadClosure",
    "RoadClosureChange",
    "SegmentSurvey",
    "Service",
    "ServiceLevel",
    "ServiceRequest",
    "Shift",
    "StaffNews",
    "StatusChange",
    "Stop",
    "StopEvent",
    "Task",
    "TriageCorrection",
    "TriageModel",
    "User",
    "UserRole",
    "WorkOrder",
    "WorkOrderChange",
    "WorkOrderDependency",
]
