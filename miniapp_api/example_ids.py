"""The public ids that examples are written with, by the name they have in an address."""

CUSTOMER_ID, ENTRY_ID = "3f9c1d0a7be25486c0d1", "b71e04c9d2f8a6533e10"
CONTACT_ID, SHARE_ID = "5d20c7e81b9f43a6d410", "8ac14e5f07d93b62e1b9"
ATTACHMENT_ID, LOSER_ID = "e07a94c25b1d4f8836ad", "61fd0b98a3c2e7745d0f"
MERGE_ID, COLLISION_ID = "2c8e50d7f1a94b36970e", "94b7e12f60ad38c5e2d1"
PROJECT_ID, REGISTRATION_ID, LEAD_ID = "d3a60f7be91c25485e7a", "0e5b92c47fd1a8366b9c", "7f41c9d02ea85b3360d4"
APPROVAL_ID, ABSENCE_ID = "f36a07d1c92e84b5506f", "a92d71c05fe3684b7d18"
DEAL_ID, EVIDENCE_ID, MILESTONE_ID = "c81f20d96be4735a0f1d", "1b6d94e07fc3852a7e5c", "a94c07e2d51b8f36c07d"
QUOTE_ID, PRODUCT_ID, CONFLICT_ID = "e41b7c09d5a2f3860c7e", "60d3f8a17bc92e5440fa", "b05e9c27d84f1a63e27d"
DIGEST_ID, TODO_ID = "c9041e7b62fd5a38e07c", "4d7be0c19a52f8360e1b"
PLAN_ID, CALL_ID = "5be81c07d3f94a62107e", "e20d6a94b7c1f8533d90"
VISIT_ID, UPLOAD_ID = "9d4e1b7c30a25f68e1c4", "37c0f9a1e48b52d6706b"
IDS = {
    "customer_id": CUSTOMER_ID,
    "entry_id": ENTRY_ID,
    "contact_id": CONTACT_ID,
    "share_id": SHARE_ID,
    "attachment_id": ATTACHMENT_ID,
    "loser_id": LOSER_ID,
    "merge_id": MERGE_ID,
    "collision_id": COLLISION_ID,
    "project_id": PROJECT_ID,
    "registration_id": REGISTRATION_ID,
    "lead_id": LEAD_ID,
    "deal_id": DEAL_ID,
    "evidence_id": EVIDENCE_ID,
    "approval_id": APPROVAL_ID,
    "absence_id": ABSENCE_ID,
    "milestone_id": MILESTONE_ID,
    "quote_id": QUOTE_ID,
    "product_id": PRODUCT_ID,
    "digest_id": DIGEST_ID,
    "conflict_id": CONFLICT_ID,
    "visit_id": VISIT_ID,
    "upload_id": UPLOAD_ID,
    "plan_id": PLAN_ID,
    "call_id": CALL_ID,
    "todo_id": TODO_ID,
}
